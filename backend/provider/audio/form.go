package audio

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
)

const (
	maxFields   = 64
	maxField    = 64 << 10 // bytes of a field that is no file
	maxBoundary = 70       // RFC 2046 § 5.1.1
)

// part is one field of a form: where its value is.
type part struct {
	name, fileName string
	file           bool
	at             splice.Span
}

var crlf = []byte("\r\n")

// parts finds the fields of a form (RFC 7578) that is whole in memory. It is our
// own reading because the places of values matter: one of them is replaced and
// all other bytes stay. The boundary is the first line, as every client writes
// it.
func parts(body []byte) (boundary string, all []part, err error) {
	line, _, found := bytes.Cut(body, crlf)
	if !found || len(line) < 3 || len(line) > maxBoundary+2 || !bytes.HasPrefix(line, []byte("--")) {
		return "", nil, bad("", "The request is not a form with a file (multipart/form-data).", nil)
	}
	delimiter := append(bytes.Clone(crlf), line...)
	at := len(line)
	for {
		if bytes.HasPrefix(body[at:], []byte("--")) {
			return string(line[2:]), all, nil
		}
		if !bytes.HasPrefix(body[at:], crlf) || len(all) == maxFields {
			return "", nil, bad("", "The form in the request cannot be read.", nil)
		}
		at += len(crlf)
		end := bytes.Index(body[at:], delimiter)
		if end < 0 {
			return "", nil, bad("", "The form in the request ends too early.", io.ErrUnexpectedEOF)
		}
		head, _, found := bytes.Cut(body[at:at+end], []byte("\r\n\r\n"))
		if !found {
			return "", nil, bad("", "The form in the request cannot be read.", nil)
		}
		p, err := header(head)
		if err != nil {
			return "", nil, err
		}
		p.at = splice.Span{From: at + len(head) + 4, To: at + end}
		all = append(all, p)
		at += end + len(delimiter)
	}
}

// header reads the lines above a field's value.
func header(raw []byte) (part, error) {
	var p part
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(strings.TrimSpace(name), "Content-Disposition") {
			continue
		}
		kind, params, err := mime.ParseMediaType(value)
		if err != nil || kind != "form-data" || params["name"] == "" {
			return p, bad("", "A field of the form has no name.", err)
		}
		p.name, p.fileName = params["name"], params["filename"]
		_, p.file = params["filename"]
	}
	if p.name == "" {
		return p, bad("", "A field of the form has no name.", errors.New("no content-disposition"))
	}
	return p, nil
}

func bad(field, safe string, cause error) error {
	return fault.New(fault.BadRequest, safe, cause).At(field)
}
