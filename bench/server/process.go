package server

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// process reads what Linux tells about another process, see proc(5).
type process struct{ id int }

// clockTicks is the unit of the times in /proc: a hundredth of a second on every Linux that Go runs on.
const clockTicks = 100

// processorTime returns what all threads of the process have used, in user mode and in the kernel.
func (p process) processorTime() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.id))
	if err != nil {
		return 0, err
	}
	return parseStat(string(text))
}

func parseStat(text string) (time.Duration, error) {
	// The second field is the name in parentheses, which may itself hold blanks and parentheses.
	_, rest, found := lastCut(text, ") ")
	fields := strings.Fields(rest)
	const user, system = 14 - 3, 15 - 3 // counted from the third field
	if !found || len(fields) <= system {
		return 0, errors.New("/proc/PID/stat has too few fields")
	}
	var total int64
	for _, field := range []string{fields[user], fields[system]} {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/PID/stat: %w", err)
		}
		total += ticks
	}
	return time.Duration(total) * (time.Second / clockTicks), nil
}

func lastCut(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// residentBytes returns the memory that the process holds.
func (p process) residentBytes() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.id))
	if err != nil {
		return 0, err
	}
	return parseStatus(string(text))
}

func parseStatus(text string) (int64, error) {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			number, isKiB := strings.CutSuffix(strings.TrimSpace(value), " kB")
			kib, err := strconv.ParseInt(number, 10, 64)
			if err != nil || !isKiB {
				return 0, fmt.Errorf("/proc/PID/status: VmRSS is %q", value)
			}
			return kib << 10, nil
		}
	}
	return 0, errors.New("/proc/PID/status has no VmRSS")
}
