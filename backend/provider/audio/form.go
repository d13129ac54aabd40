package audio

import (
	"bytes"
	"io"
	"mime/multipart"

	"nexusai/backend/fault"
)

const (
	maxFields   = 64
	maxBoundary = 70 // RFC 2046 § 5.1.1
)

// FormModel is the model that a form with a recording names, which is the body
// of a request to /audio/transcriptions. It returns a fault.BadRequest for
// anything else and for a form without one.
func FormModel(body []byte) (string, error) {
	line, _, found := bytes.Cut(body, crlf)
	if !found || len(line) < 3 || len(line) > maxBoundary+2 || !bytes.HasPrefix(line, []byte("--")) {
		return "", bad("The request is not a form with a file (multipart/form-data).", nil)
	}
	form := multipart.NewReader(bytes.NewReader(body), string(line[2:])) // the boundary is the first line, as every client writes it
	for range maxFields {
		part, err := form.NextRawPart()
		if err != nil {
			return "", bad("The form in the request names no model.", err)
		}
		if part.FormName() != "model" {
			continue
		}
		name, err := io.ReadAll(io.LimitReader(part, maxModel))
		if err != nil || len(name) == 0 {
			return "", bad("The form in the request names no model.", err)
		}
		return string(name), nil
	}
	return "", bad("The form in the request names no model.", nil)
}

// maxModel bounds the name of a model.
const maxModel = 512

var crlf = []byte("\r\n")

func bad(safe string, cause error) error {
	return fault.New(fault.BadRequest, safe, cause).At("model")
}
