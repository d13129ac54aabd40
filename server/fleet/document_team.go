package fleet

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// declaredTeam is a team of the file. members are its whole membership, unless
// the file says nothing of them: then the console does.
type declaredTeam struct {
	line    int
	name    string
	managed string
	said    bool // who is in it
	members []holder
}

const (
	maxTeams   = 500
	maxMembers = 5000 // of one team
)

func (doc *document) parseTeams(n *yaml.Node) error {
	return items(n, func(n *yaml.Node) error {
		t, err := parseTeam(n)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(doc.teams, func(o declaredTeam) bool { return strings.EqualFold(o.name, t.name) }) {
			return wrong(n, "two teams are called %q", t.name)
		}
		if len(doc.teams) >= maxTeams {
			return wrong(n, "a file has at most %d teams", maxTeams)
		}
		doc.teams = append(doc.teams, t)
		return nil
	})
}

func parseTeam(n *yaml.Node) (declaredTeam, error) {
	t := declaredTeam{line: n.Line}
	fields, err := members(n, "name", "members", "managed_by")
	if err != nil {
		return t, err
	}
	if t.name, err = text(fields["name"]); err != nil {
		return t, err
	}
	if t.name = strings.TrimSpace(t.name); t.name == "" {
		return t, wrong(n, "a team needs a name")
	}
	managed, err := text(fields["managed_by"])
	if err != nil {
		return t, err
	}
	if t.managed, err = owner(fields["managed_by"], managed); err != nil {
		return t, err
	}
	t.said = fields["members"] != nil
	return t, items(fields["members"], func(n *yaml.Node) error {
		address, err := text(n)
		if err != nil {
			return err
		}
		if len(t.members) >= maxMembers {
			return wrong(n, "a team has at most %d members", maxMembers)
		}
		t.members = append(t.members, holder{line: n.Line, kind: "user", who: address, readable: "user " + address})
		return nil
	})
}
