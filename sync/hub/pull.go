package hub

import (
	"context"
	"fmt"

	"nexusai/sync/wire"
)

// Pull reads the page of the log after the request's cursor. A cursor beyond
// the head (this server was restored from a backup, or the scope is another)
// yields an empty page whose Begin.Head is below the cursor.
func Pull(ctx context.Context, tx Reader, req wire.PullRequest) (wire.Page, error) {
	head, err := tx.Head(ctx)
	if err != nil {
		return wire.Page{}, fmt.Errorf("read head: %w", err)
	}
	page := wire.Page{Begin: wire.Begin{Scope: req.Scope, Epoch: head.Epoch, From: req.Cursor, Head: head.Seq}}
	limit := wire.MaxPage
	if req.Max > 0 {
		limit = min(req.Max, limit)
	}
	if req.Cursor < head.Seq {
		page.Entries, err = tx.Entries(ctx, req.Cursor, head.Seq, limit)
		if err != nil {
			return wire.Page{}, fmt.Errorf("read log after %d: %w", req.Cursor, err)
		}
	}
	page.End.Cursor = req.Cursor + int64(len(page.Entries))
	page.End.More = page.End.Cursor < head.Seq
	if page.End.Cursor == head.Seq {
		page.End.Sum = head.Sum.String()
	}
	page.End.Acked, err = tx.Acked(ctx, req.ClientID)
	if err != nil {
		return wire.Page{}, fmt.Errorf("read acknowledged mids: %w", err)
	}
	return page, nil
}
