package native

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
)

// Open shows an address in the person's own browser. The caller has checked
// its scheme.
func Open(url string) error {
	for _, words := range openers(runtime.GOOS) {
		path, err := exec.LookPath(words[0])
		if err != nil {
			continue
		}
		// It outlives the request, and the application too.
		cmd := exec.CommandContext(context.Background(), path, append(words[1:], url)...)
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("start %s: %w", words[0], err)
		}
		go func() { _ = cmd.Wait() }() // it lives on its own; waiting only keeps it from becoming a zombie
		return nil
	}
	return errors.New("no program that opens addresses was found")
}

func openers(goos string) [][]string {
	switch goos {
	case "windows":
		return [][]string{{"rundll32", "url.dll,FileProtocolHandler"}}
	case "darwin":
		return [][]string{{"open"}}
	}
	return [][]string{{"xdg-open"}, {"gio", "open"}, {"sensible-browser"}}
}
