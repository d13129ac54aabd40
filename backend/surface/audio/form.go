package audio

import (
	"bufio"
	"bytes"
	"mime"
	"net/textproto"
	"strings"

	"nexusai/backend/fault"
)

const (
	maxParts  = 64
	maxHeader = 4 << 10 // bytes of one part's header
)

// part is one field of a form, by its place in the body.
type part struct {
	name, file string
	from, to   int
}

// form finds the parts of a multipart body (RFC 2046 § 5.1) whose content type
// is given. The body stays as it is, so that all but a few bytes can be passed
// on; errors are fault.BadRequest.
func form(contentType string, body []byte) ([]part, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	boundary := params["boundary"]
	if err != nil || kind != "multipart/form-data" || boundary == "" || len(boundary) > 70 {
		return nil, fault.New(fault.BadRequest, "The request must be multipart/form-data.", err)
	}
	mark := []byte("--" + boundary)
	if !bytes.HasPrefix(body, mark) {
		return nil, bad("The form does not begin with its boundary.")
	}
	var parts []part
	between := append([]byte("\r\n"), mark...)
	for at := len(mark); ; {
		switch rest := body[at:]; {
		case bytes.HasPrefix(rest, []byte("--")):
			return parts, nil
		case !bytes.HasPrefix(rest, []byte("\r\n")):
			return nil, bad("The form is malformed.")
		}
		at += 2
		if len(parts) == maxParts {
			return nil, bad("The form has too many fields.")
		}
		one, err := header(body, at)
		if err != nil {
			return nil, err
		}
		end := bytes.Index(body[one.from:], between)
		if end < 0 {
			return nil, bad("The form is cut off.")
		}
		one.to = one.from + end
		for _, other := range parts {
			if other.name == one.name && !strings.HasSuffix(one.name, "[]") {
				return nil, bad("A field of the form is there twice.").At(one.name)
			}
		}
		parts = append(parts, one)
		at = one.to + len(between)
	}
}

// header reads a part's header, which begins at at.
func header(body []byte, at int) (part, error) {
	end := bytes.Index(body[at:min(at+maxHeader, len(body))], []byte("\r\n\r\n"))
	if end < 0 {
		return part{}, bad("A field of the form has no header, or one that is too long.")
	}
	fields, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(body[at : at+end+4]))).ReadMIMEHeader()
	if err != nil {
		return part{}, bad("A field of the form has a malformed header.")
	}
	kind, params, err := mime.ParseMediaType(fields.Get("Content-Disposition"))
	if err != nil || kind != "form-data" || params["name"] == "" || fields.Get("Content-Transfer-Encoding") != "" {
		return part{}, bad("A field of the form has no name, or is encoded.")
	}
	return part{name: params["name"], file: params["filename"], from: at + end + 4}, nil
}

func bad(text string) *fault.Fault { return fault.New(fault.BadRequest, text, nil) }
