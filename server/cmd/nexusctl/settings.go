package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v3"
)

// settings are nexusd's, as far as this tool needs them; the YAML file is the
// same one, and what it holds beyond that is passed over.
type settings struct {
	file   string
	values map[string]*value
	asJSON bool
	loud   bool
}

// value is a setting in force and where it is from.
type value struct{ text, source string }

var known = []struct {
	name, usual, help string
	secret            bool
}{
	{"data", ".data/server", "the server's data folder", false},
	{"database_url", "", "a PostgreSQL that you run, as the role nexus_app; empty: the private one in the data folder", true},
	{"database_owner_url", "", "the same as the schema's owner, for migrate", true},
	{"master_key_file", "", "file of the key that seals secrets; empty: the one in the data folder", false},
	{"s3_endpoint", "", "an S3 that a copy of the audit's heads is kept in", false},
	{"s3_bucket", "", "its bucket", false},
	{"s3_key", "", "its access key", false},
	{"s3_secret", "", "the secret of that key", true},
	{"s3_region", "us-east-1", "its region", false},
	{"public_url", "", "where people reach the server; links begin with it", false},
	{"allow_net", "", "private addresses that providers may be at, by commas", false},
}

func (s *settings) register(flags *flag.FlagSet) {
	if s.values == nil {
		s.values = map[string]*value{}
	}
	flags.StringVar(&s.file, "config", s.file, "YAML file with settings by name")
	flags.BoolVar(&s.asJSON, "json", s.asJSON, "print lists as JSON")
	flags.BoolVar(&s.loud, "verbose", s.loud, "say on standard error what is being done")
	for _, k := range known {
		flag := strings.ReplaceAll(k.name, "_", "-")
		flags.Func(flag, k.help, func(text string) error {
			s.values[k.name] = &value{text, "flag --" + flag}
			return nil
		})
	}
	// where links lead is a setting like any other; these are its short names
	for _, alias := range []string{"url", "server"} {
		flags.Func(alias, "the same as --public-url", func(text string) error {
			s.values["public_url"] = &value{text, "flag --" + alias}
			return nil
		})
	}
}

// fill adds what no flag gave: environment over file over what is usual.
func (s *settings) fill(environ []string) error {
	env := map[string]string{}
	for _, pair := range environ {
		if name, text, ok := strings.Cut(pair, "="); ok && text != "" {
			env[name] = text
		}
	}
	if s.file == "" {
		s.file = env["NEXUS_CONFIG"]
	}
	fromFile, err := readFile(s.file)
	if err != nil {
		return err
	}
	for _, k := range known {
		variable := "NEXUS_" + strings.ToUpper(k.name)
		switch {
		case s.values[k.name] != nil:
		case env[variable] != "":
			s.values[k.name] = &value{env[variable], "environment " + variable}
		case fromFile[k.name] != "":
			s.values[k.name] = &value{fromFile[k.name], "file " + s.file}
		default:
			s.values[k.name] = &value{k.usual, "usual"}
		}
	}
	return nil
}

func (s *settings) get(name string) string { return s.values[name].text }

func readFile(name string) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	var raw map[string]yaml.Node
	if err := yaml.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	out := map[string]string{}
	for key, node := range raw {
		if node.Kind == yaml.ScalarNode {
			out[key] = node.Value
		}
	}
	return out, nil
}

// checkData refuses a folder without a server's data: a typing error must not
// make a second, empty server, nor keys that the real one does not know.
func (s *settings) checkData() error {
	dir, outside := s.get("data"), s.get("database_url") != ""
	if _, err := os.Stat(filepath.Join(dir, "pg")); !outside && errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no server in %s: name its folder with --data, or begin with `nexusctl tenant create`", dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "secret", "master.key")); outside && s.get("master_key_file") == "" && errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no master key in %s: name the server's folder with --data or its key with --master-key-file", dir)
	}
	return nil
}

func config(*flag.FlagSet) action {
	return func(_ context.Context, d *desk) error {
		table := tabwriter.NewWriter(d.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "SETTING\tVALUE\tFROM\tMEANING")
		for _, k := range known {
			v := d.values[k.name]
			shown := v.text
			if k.secret {
				shown = masked(shown)
			}
			if shown == "" {
				shown = "-"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", k.name, shown, v.source, k.help)
		}
		return table.Flush()
	}
}

// masked keeps of a database's address what is no secret; of one that cannot
// be read, nothing.
func masked(address string) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "[secret]"
	}
	name := "…"
	if u.User != nil {
		name = u.User.Username() + ":…"
	}
	return u.Scheme + "://" + name + "@" + u.Host + u.Path
}
