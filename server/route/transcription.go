package route

import (
	"bytes"
	"fmt"
	"mime/multipart"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/surface/audio"
)

// transcription asks about a recording, which is a form and not an object: the
// question's request cannot be one.
func transcription(q httpapi.RouteQuestion) (broker.ForwardRequest, broker.Capability, error) {
	if len(q.Request) > 0 && string(q.Request) != "null" {
		return broker.ForwardRequest{}, "", fault.New(fault.BadRequest, "A recording is not asked about with a request of its own.", nil).At("body.request")
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	err := form.WriteField("model", q.Model)
	if err == nil {
		var file interface{ Write([]byte) (int, error) }
		if file, err = form.CreateFormFile("file", "speech.wav"); err == nil {
			_, err = file.Write([]byte("RIFF"))
		}
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return broker.ForwardRequest{}, "", fmt.Errorf("make a form: %w", err)
	}
	return broker.ForwardRequest{
		Surface: audio.Transcriptions{ContentType: form.FormDataContentType()}, Body: body.Bytes(),
		Options: broker.Options{Affinity: q.Affinity, Strict: q.Strict},
	}, broker.CanTranscribe, nil
}
