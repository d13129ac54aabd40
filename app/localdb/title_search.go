package localdb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"

	"nexusai/backend/httpapi"
)

const (
	searchTitles = `SELECT ` + conversationColumns + ` FROM title_search s
		JOIN indexed_title i ON i.n = s.rowid JOIN conversation c ON c.id = i.conversation_id
		WHERE s.title MATCH ?1 AND (c.trashed_at IS NOT NULL) = ?2 AND (c.last_at, c.id) < (?3, ?4)
		ORDER BY c.last_at DESC, c.id DESC LIMIT ?5`
	// scanTitles serves words that are too short for three letters.
	scanTitles = `SELECT ` + conversationColumns + ` FROM conversation c
		WHERE c.title LIKE ?1 ESCAPE '\' AND (c.trashed_at IS NOT NULL) = ?2 AND (c.last_at, c.id) < (?3, ?4)
		ORDER BY c.last_at DESC, c.id DESC LIMIT ?5`

	staleTitles = `SELECT c.id, c.title FROM conversation c LEFT JOIN indexed_title i ON i.conversation_id = c.id
		WHERE i.title IS NOT c.title LIMIT ?`
	indexTitle = `INSERT INTO indexed_title (conversation_id, title) VALUES (?, ?)
		ON CONFLICT (conversation_id) DO UPDATE SET title = excluded.title`
	goneTitles = `DELETE FROM indexed_title WHERE NOT EXISTS (SELECT 1 FROM conversation c WHERE c.id = conversation_id)`
)

// search finds conversations whose title holds every word, in any place and
// whatever its accents.
func (d *DB) search(ctx context.Context, q httpapi.ConversationQuery, lastAt, id string, limit int) ([]httpapi.Conversation, error) {
	if match, ok := matchWords(q.Search); ok {
		return d.conversations(ctx, searchTitles, match, q.Trash, lastAt, id, limit)
	}
	return d.conversations(ctx, scanTitles, likePattern(q.Search), q.Trash, lastAt, id, limit)
}

// matchWords writes the words as an FTS5 query; ok is false when one of them
// is too short for a trigram.
func matchWords(search string) (query string, ok bool) {
	words := strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(search, "\x00", " "), " "))
	for i, w := range words {
		if utf8.RuneCountInString(w) < 3 {
			return "", false
		}
		words[i] = `"` + strings.ReplaceAll(w, `"`, `""`) + `"`
	}
	return strings.Join(words, " AND "), len(words) > 0
}

func likePattern(search string) string {
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.TrimSpace(search))
	return "%" + strings.ReplaceAll(escaped, " ", "%") + "%"
}

// indexBatch keeps one transaction short beside the person's own writes.
const indexBatch = 500

// IndexTitles brings the search index up to date with the titles and returns
// how many it changed. It is called after changes and once at the start.
func (d *DB) IndexTitles(ctx context.Context) (int, error) {
	total := 0
	for {
		stale, err := d.staleTitles(ctx)
		if err != nil || len(stale) == 0 {
			return total, err
		}
		err = d.Update(ctx, func(tx *sql.Tx) error {
			for _, t := range stale {
				if _, err := tx.ExecContext(ctx, indexTitle, t[0], t[1]); err != nil {
					return fmt.Errorf("index a title: %w", err)
				}
			}
			_, err := tx.ExecContext(ctx, goneTitles)
			return err
		})
		if err != nil {
			return total, err
		}
		total += len(stale)
		if len(stale) < indexBatch {
			return total, nil
		}
	}
}

func (d *DB) staleTitles(ctx context.Context) ([][2]string, error) {
	rows, err := d.reader.QueryContext(ctx, staleTitles, indexBatch)
	if err != nil {
		return nil, Explain(fmt.Errorf("find titles to index: %w", err))
	}
	defer rows.Close()
	var out [][2]string
	for rows.Next() {
		var t [2]string
		if err := rows.Scan(&t[0], &t[1]); err != nil {
			return nil, Explain(err)
		}
		out = append(out, t)
	}
	return out, Explain(rows.Err())
}
