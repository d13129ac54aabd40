package llamacpp

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"nexusai/backend/fault"
)

// memorySpare stays for everything else on the machine.
const memorySpare = 256 * mib

// CheckMemory refuses to start a process that needs more bytes than the
// machine has available. Where the system does not tell, it never refuses.
// The error is a fault with code "unavailable".
func CheckMemory(need int64) error {
	have, known := AvailableMemory()
	if !known || have >= need+memorySpare {
		return nil
	}
	return fault.New(fault.Unavailable, "There is not enough free memory for the local model.",
		fmt.Errorf("need %d bytes, available are %d", need, have)).
		WithHint(fmt.Sprintf("Close other programs: it needs %d MB, %d MB are free.", need/mib, have/mib))
}

// AvailableMemory is what a new program may use without swapping, in bytes;
// known only on Linux.
func AvailableMemory() (bytes int64, known bool) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	return parseAvailable(b)
}

func parseAvailable(meminfo []byte) (int64, bool) {
	for sc := bufio.NewScanner(bytes.NewReader(meminfo)); sc.Scan(); {
		rest, ok := bytes.CutPrefix(sc.Bytes(), []byte("MemAvailable:"))
		if !ok {
			continue
		}
		kb, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte(" kB"))), 10, 64)
		if err != nil || kb < 0 || kb > 1<<50 {
			return 0, false
		}
		return kb << 10, true
	}
	return 0, false
}

// FreeBytes is the disk space this user may still fill where dir, or the
// nearest folder above it that exists, is.
func FreeBytes(dir string) (int64, error) { return freeBytes(dir) }

// existing is path or the nearest folder above it that is there.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil {
			return path
		}
		up := filepath.Dir(path)
		if up == path {
			return path
		}
		path = up
	}
}
