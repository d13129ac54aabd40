package gateway

import (
	"net/url"
	"slices"
	"strconv"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// modelInfo is a model as Anthropic's clients read it.
type modelInfo struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"`
	Lifecycle   string `json:"lifecycle"`
	MaxInput    *int   `json:"max_input_tokens"` // null: unknown
}

func info(m httpapi.Model) modelInfo {
	// Nobody knows when it was made; the vendor says the epoch then, too.
	out := modelInfo{Type: "model", ID: m.ID, DisplayName: m.Name, CreatedAt: "1970-01-01T00:00:00Z", Lifecycle: "active"}
	if m.ContextTokens > 0 {
		out.MaxInput = &m.ContextTokens
	}
	return out
}

// modelPage is a part of the list.
type modelPage struct {
	Data    []modelInfo `json:"data"`
	HasMore bool        `json:"has_more"`
	FirstID *string     `json:"first_id"`
	LastID  *string     `json:"last_id"`
}

const (
	usualPage = 20
	maxPage   = 1000
)

// pageOf is the part of all that a query with after_id or before_id, and limit,
// asks for.
func pageOf(all []httpapi.Model, q url.Values) (modelPage, error) {
	limit := usualPage
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			return modelPage{}, fault.New(fault.BadRequest, "limit is a number from 1 to 1000.", err).At("limit")
		}
		limit = n
	}
	after, before := q.Get("after_id"), q.Get("before_id")
	if after != "" && before != "" {
		return modelPage{}, fault.New(fault.BadRequest, "Only one of after_id and before_id can be given.", nil).At("before_id")
	}
	from, to := 0, len(all)
	var err error
	if after != "" {
		from, err = placeOf(all, after, "after_id")
		from++
	}
	if before != "" {
		to, err = placeOf(all, before, "before_id")
	}
	if err != nil {
		return modelPage{}, err
	}
	more := to-from > limit
	switch {
	case more && before != "":
		from = to - limit
	case more:
		to = from + limit
	}
	return paged(all[from:to], more), nil
}

func placeOf(all []httpapi.Model, id, field string) (int, error) {
	at := slices.IndexFunc(all, func(m httpapi.Model) bool { return m.ID == id })
	if at < 0 {
		return 0, fault.New(fault.BadRequest, "There is no such model to go on from.", nil).At(field)
	}
	return at, nil
}

func paged(part []httpapi.Model, more bool) modelPage {
	page := modelPage{Data: make([]modelInfo, 0, len(part)), HasMore: more}
	for _, m := range part {
		page.Data = append(page.Data, info(m))
	}
	if n := len(part); n > 0 {
		page.FirstID, page.LastID = &part[0].ID, &part[n-1].ID
	}
	return page
}
