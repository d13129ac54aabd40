package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// The addresses that the app prints in browser mode, and Vite.
var (
	appLink  = regexp.MustCompile(`http://[\w.\[\]:]+:\d+/#\S+`)
	viteLink = regexp.MustCompile(`http://[\w.\[\]:]+:\d+/`)
)

// startDesktop opens the window, signed in, or prints a link where there is no
// display. It returns once the app is there: in browser mode when it has
// printed its link.
func (r *runner) startDesktop(ctx context.Context, s *serverProcess) (*child, error) {
	args := []string{"bin/nexusai", "--data", filepath.Join(r.data, "desktop"), "--server", s.url, "--login-file", r.ownerFile()}
	if !r.browser && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		fmt.Println("run: there is no display here, so the pages open in your browser instead of a window")
		r.browser = true
	}
	if r.browser {
		args = append(args, "--browser")
	}
	log, err := openLog(filepath.Join(r.data, "nexusai.log"))
	if err != nil {
		return nil, err
	}
	printed := make(chan string, 1)
	c, err := r.family.start("nexusai", 8*time.Second, nil, func(line string) {
		found := appLink.FindString(line)
		if !r.browser || found == "" {
			fmt.Fprintln(log, line)
			return
		}
		fmt.Println("  open     ", found, " (this link works once)")
		select {
		case printed <- found:
		default:
		}
	}, args...)
	if err != nil || !r.browser {
		return c, err
	}
	select {
	case r.pages = <-printed:
		return c, nil
	case <-c.exited:
		return nil, sentencef("The app did not start (%s). Its last words:\n%s", c.fate(), tailOf(log.Name(), 12))
	case <-time.After(startLimit):
		return nil, sentencef("The app printed no link within %s; %s tells what it is doing.", startLimit, log.Name())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// startVite puts the development server in front of browser mode.
func (r *runner) startVite(ctx context.Context) error {
	base, token, _ := strings.Cut(r.pages, "/#")
	ready := make(chan string, 1)
	c, err := r.family.start("vite", 5*time.Second, []string{"NEXUS_API=" + base}, func(line string) {
		fmt.Println(line)
		if found := viteLink.FindString(line); found != "" {
			select {
			case ready <- found:
			default:
			}
		}
	}, "npm", "--prefix", "frontend", "run", "dev", "--", "--host", "127.0.0.1")
	if err != nil {
		return err
	}
	select {
	case front := <-ready:
		fmt.Println("  develop  ", strings.TrimSuffix(front, "/")+"/#"+token)
		return nil
	case <-c.exited:
		return sentence("Vite did not start, see above.")
	case <-ctx.Done():
		return ctx.Err()
	}
}
