package openai

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/audio"
	"nexusai/backend/provider/endpoint"
)

var _ llm.Transcriber = (*Client)(nil)

// Transcribe implements llm.Transcriber. It asks for times wherever the model
// knows them.
func (c *Client) Transcribe(ctx context.Context, req llm.TranscribeRequest) (llm.Transcript, error) {
	path := c.dialect.path(llm.OpenAITranscribe, req.Model)
	if path == "" {
		return llm.Transcript{}, endpoint.Refuses(llm.OpenAITranscribe)
	}
	if len(req.Sound) == 0 {
		return llm.Transcript{}, fault.New(fault.BadRequest, "There is nothing to hear.", nil).At("file")
	}
	kind, body, err := encodeRecording(req)
	if err != nil {
		return llm.Transcript{}, fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode a recording: %w", err))
	}
	leave, err := c.queue.enter(ctx)
	if err != nil {
		return llm.Transcript{}, err
	}
	defer leave()
	answer, _, err := c.endpoint.Exchange(ctx, endpoint.Call{
		Method: http.MethodPost, Path: path, Body: body, Header: http.Header{"Content-Type": {kind}},
	})
	if err != nil {
		return llm.Transcript{}, err
	}
	return audio.Read(answer, req.Sound)
}

// timed says that a model knows when something was said. OpenAI's newer ones
// answer in plain JSON alone.
func timed(model string) bool { return !strings.HasPrefix(model, "gpt-") }

func encodeRecording(req llm.TranscribeRequest) (contentType string, body []byte, err error) {
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	name := req.FileName
	if name == "" {
		name = "speech.wav"
	}
	file, err := form.CreateFormFile("file", name)
	if err != nil {
		return "", nil, err
	}
	if _, err := file.Write(req.Sound); err != nil {
		return "", nil, err
	}
	fields := [][2]string{{"model", req.Model}, {"language", req.Language}, {"prompt", req.Prompt}}
	if req.Temperature != nil {
		fields = append(fields, [2]string{"temperature", strconv.FormatFloat(*req.Temperature, 'g', -1, 64)})
	}
	if timed(req.Model) {
		fields = append(fields, [2]string{"response_format", "verbose_json"})
		if req.Words {
			fields = append(fields, [2]string{"timestamp_granularities[]", "word"}, [2]string{"timestamp_granularities[]", "segment"})
		}
	} else {
		fields = append(fields, [2]string{"response_format", "json"})
	}
	for _, field := range fields {
		if field[1] == "" {
			continue
		}
		if err := form.WriteField(field[0], field[1]); err != nil {
			return "", nil, err
		}
	}
	if err := form.Close(); err != nil {
		return "", nil, err
	}
	return form.FormDataContentType(), buf.Bytes(), nil
}
