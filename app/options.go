package app

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"nexusai/backend/fault"
)

// options are the command line over NEXUS_* variables.
type options struct {
	data    string
	server  string
	login   string
	listen  string
	browser bool
	version bool
	diag    string // file for the diagnostics of a test; see diary
	model   string // local chat model; empty chooses by memory
}

func parse(args []string, out, errs io.Writer) (options, error) {
	o := options{diag: os.Getenv("NEXUS_DIAG_FILE"), model: os.Getenv("NEXUS_CHAT_MODEL")}
	f := flag.NewFlagSet("nexusai", flag.ContinueOnError)
	f.SetOutput(errs)
	f.Usage = func() {
		fmt.Fprintln(out, "usage: nexusai [flags]")
		f.SetOutput(out)
		f.PrintDefaults()
	}
	f.StringVar(&o.data, "data", os.Getenv("NEXUS_DATA"), "folder for everything the application keeps (default: nexusai in your configuration folder)")
	f.StringVar(&o.server, "server", os.Getenv("NEXUS_SERVER"), "address of the team's server, used with --login-file")
	f.StringVar(&o.login, "login-file", "", `file of mode 0600 with {"email":…,"password":…}; signs in when nobody is signed in`)
	f.BoolVar(&o.browser, "browser", false, "no window: serve the same pages to a browser on this machine")
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "with --browser: loopback address and port, 0 for a free one")
	f.BoolVar(&o.version, "version", false, "print the version and end")
	if err := f.Parse(args); err != nil {
		return o, wrongFlags(err)
	}
	if f.NArg() > 0 {
		return o, wrongFlags(fmt.Errorf("unexpected word %q", f.Arg(0)))
	}
	if o.data == "" {
		base, err := os.UserConfigDir()
		if err != nil {
			return o, fault.New("app.data", "There is no configuration folder.", err).WithHint("Choose a folder with --data.")
		}
		o.data = filepath.Join(base, "nexusai")
	}
	abs, err := filepath.Abs(o.data)
	if err != nil {
		return o, fault.New("app.data", "The data folder cannot be found.", err)
	}
	o.data = abs
	return o, nil
}

func wrongFlags(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return fault.New("app.flags", err.Error()+".", nil).WithHint("nexusai --help lists the flags.")
}

// login is what a login file holds.
type login struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// readLogin refuses a file that others can read.
func readLogin(path string) (login, error) {
	var l login
	info, err := os.Stat(path)
	if err != nil {
		return l, fmt.Errorf("find the login file: %w", err)
	}
	if private := info.Mode().Perm()&0o077 == 0; !private && !isWindows {
		return l, fmt.Errorf("others can read the login file: %w", fs.ErrPermission)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return l, fmt.Errorf("read the login file: %w", err)
	}
	if err := json.Unmarshal(text, &l); err != nil || l.Email == "" || l.Password == "" {
		return l, errors.New("the login file does not hold an email and a password")
	}
	return l, nil
}
