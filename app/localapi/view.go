package localapi

import (
	"context"
	"encoding/json"

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

// viewText is what the window's document brings along, so that its first frame
// is right; empty when it cannot be read: the page then begins as a new one.
func (a *API) viewText(ctx context.Context) string {
	v, err := a.View(ctx)
	if err != nil {
		a.cfg.Log.WarnContext(ctx, "view not read", "err", fault.Cause(err))
		return ""
	}
	text, err := json.Marshal(v.Values)
	if err != nil {
		return "" // a map of strings always encodes
	}
	return string(text)
}
