package picture

import (
	"context"
	"slices"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// maxPictures bounds how many pictures of one request are fetched: the most
// that a vendor takes is a hundred.
const maxPictures = 100

// fetcher is what Inline needs of a Fetcher, so that an adapter can be given
// none.
type fetcher interface {
	Fetch(ctx context.Context, url string) (llm.Image, error)
}

// ByAddress says that messages hold a picture by its address.
func ByAddress(messages []llm.Message) bool {
	return slices.ContainsFunc(messages, func(m llm.Message) bool {
		return slices.ContainsFunc(m.Images, func(i llm.Image) bool { return len(i.Data) == 0 })
	})
}

// Inline returns messages in which each picture is in bytes; those that have
// addresses are fetched by from, one after the other. With a nil from an
// address is a fault.BadRequest. messages itself is not changed.
func Inline(ctx context.Context, from fetcher, messages []llm.Message) ([]llm.Message, error) {
	out, fetched := messages, 0
	for i, m := range messages {
		for j, image := range m.Images {
			if len(image.Data) > 0 {
				continue
			}
			if from == nil {
				return nil, bad("This model takes pictures in the request only, not by their address.", nil)
			}
			if fetched++; fetched > maxPictures {
				return nil, fault.New(fault.TooLarge, "There are too many pictures in the request.", nil).At("image")
			}
			got, err := from.Fetch(ctx, image.URL)
			if err != nil {
				return nil, err
			}
			if fetched == 1 {
				out = slices.Clone(messages)
			}
			if &out[i].Images[0] == &messages[i].Images[0] {
				out[i].Images = slices.Clone(m.Images)
			}
			out[i].Images[j] = got
		}
	}
	return out, nil
}
