package localapi

import (
	"context"
	"encoding/json"
	"html"
	"strconv"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// maxViews bounds how many values a folder remembers.
const maxViews = 200

// View implements httpapi.Local.
func (a *API) View(ctx context.Context) (httpapi.View, error) {
	v := httpapi.View{Values: map[string]string{}}
	err := a.cfg.DB.Setting(ctx, "view", &v.Values)
	if v.Values == nil { // what was stored is null
		v.Values = map[string]string{}
	}
	return v, err
}

// SaveView implements httpapi.Local.
func (a *API) SaveView(ctx context.Context, one httpapi.ViewValue) error {
	a.viewing.Lock()
	defer a.viewing.Unlock()
	v, err := a.View(ctx)
	if err != nil {
		return err
	}
	if one.Text == "" {
		delete(v.Values, one.Name)
	} else {
		v.Values[one.Name] = one.Text
	}
	if len(v.Values) > maxViews {
		return fault.New(fault.TooLarge, "Too many views are remembered.", nil).At("body.name")
	}
	return a.cfg.DB.SaveSetting(ctx, "view", v.Values)
}

// brought is what the window's document brings along, so that its first frame
// is right.
type brought struct {
	text string // the view as JSON
	look string // attributes of <html>
}

// view is empty of what cannot be read: the page then begins as a new one.
func (a *API) view(ctx context.Context) brought {
	v, err := a.View(ctx)
	if err != nil {
		a.cfg.Log.WarnContext(ctx, "view not read", "err", fault.Cause(err))
	}
	text, err := json.Marshal(v.Values)
	if err != nil {
		text = nil // a map of strings always encodes
	}
	out := brought{text: string(text), look: ` data-host="window"`}
	if s, err := a.Settings(ctx); err == nil && s.Theme != "system" {
		out.look += ` data-theme="` + html.EscapeString(s.Theme) + `"`
	}
	style := ""
	if v.Values["nexus.rail.wide"] == "true" {
		style = "--start-rail:180px;"
	}
	if width, err := strconv.Atoi(v.Values["nexus.pane.conversations"]); err == nil && width > 0 && width < 1000 {
		style += "--start-list:" + strconv.Itoa(width) + "px"
	}
	if style != "" {
		out.look += ` style="` + style + `"`
	}
	return out
}
