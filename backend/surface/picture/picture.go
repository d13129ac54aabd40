// Package picture reads the images that requests give by address.
package picture

import (
	"encoding/base64"
	"mime"
	"strings"

	"nexusai/backend/broker"
	"nexusai/backend/egress"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// MaxTokens is what one image is taken to cost at most before a provider has
// counted it: 4,784 is Anthropic's largest (2026), 1,445 OpenAI's for most
// models. For models that bill one image as more tokens (gpt-4o-mini) the broker
// adds the rest.
const MaxTokens = broker.PictureTokens

// UsualTokens is what an image of usual size costs: about 1,000 by 1,000 pixels.
const UsualTokens = 1_000

// public is where anybody may be sent; it dials nothing here.
var public = func() *egress.Policy {
	p, err := egress.New(egress.Config{})
	if err != nil { // no setting, so nothing can be wrong with it
		panic(err)
	}
	return p
}()

// Check says whether the address of an image may be given to a provider: data,
// or a public address on the web. A provider in our own network must not be
// made to look at its neighbours. field is where it is in the request; errors
// are fault.BadRequest.
func Check(address, field string) error {
	if isData(address) {
		return nil
	}
	if err := public.CheckURL(address); err != nil {
		return fault.New(fault.BadRequest, "The address of an image must be a data URL or a public web address.", err).At(field)
	}
	return nil
}

func isData(address string) bool {
	return len(address) > 5 && strings.EqualFold(address[:5], "data:")
}

// Read understands the address of an image. Errors are fault.BadRequest.
func Read(address, field string) (llm.Image, error) {
	if !isData(address) {
		return llm.Image{URL: address}, Check(address, field)
	}
	head, text, found := strings.Cut(address[5:], ",")
	kind, encoding, _ := strings.Cut(head, ";")
	if !found || !strings.HasSuffix(";"+encoding, ";base64") {
		return llm.Image{}, fault.New(fault.BadRequest, "An image in a data URL must be in base64.", nil).At(field)
	}
	return Decode(kind, text, field)
}

// Decode reads an image given in base64.
func Decode(kind, text, field string) (llm.Image, error) {
	media, _, err := mime.ParseMediaType(kind)
	if err != nil || !strings.HasPrefix(media, "image/") {
		return llm.Image{}, fault.New(fault.BadRequest, "The type of an image must be image/png or the like.", err).At(field)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 {
		return llm.Image{}, fault.New(fault.BadRequest, "An image is not valid base64.", err).At(field)
	}
	return llm.Image{Data: data, MIME: media}, nil
}
