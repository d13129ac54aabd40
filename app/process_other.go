//go:build !linux

package app

import "time"

func startOfProcess(fallback time.Time) time.Time { return fallback }

func memory() (mb float64, ok bool) { return 0, false }
