package main

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
)

// logLevels are Redis's names for the least important kind of message that is logged, from most messages to none.
var logLevels = []struct {
	name  string
	level slog.Level
}{
	{"debug", slog.LevelDebug}, {"verbose", slog.LevelDebug + 2}, {"notice", slog.LevelInfo}, {"warning", slog.LevelWarn},
	{"nothing", math.MaxInt32},
}

// levelOf returns the level of a name.
func levelOf(name string) slog.Level {
	for _, l := range logLevels {
		if l.name == name {
			return l.level
		}
	}
	panic("embernode: unknown log level " + name)
}

// newLogger returns a logger of one line of key=value pairs for each message, to a file or else to the standard output given. The
// field names are stable: messages may be reworded.
func newLogger(path string, level slog.Leveler, standard io.Writer) (*slog.Logger, io.Closer, error) {
	out, closer := standard, io.NopCloser(nil)
	if path != "" {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			return nil, nil, fmt.Errorf("logfile: %w", err)
		}
		out, closer = file, file
	}
	handler := slog.NewTextHandler(out, &slog.HandlerOptions{Level: level, ReplaceAttr: nameLevels})
	return slog.New(handler), closer, nil
}

// nameLevels shows a level under the name that --loglevel has for it.
func nameLevels(_ []string, attribute slog.Attr) slog.Attr {
	if attribute.Key != slog.LevelKey {
		return attribute
	}
	level, _ := attribute.Value.Any().(slog.Level)
	for _, l := range logLevels {
		if l.level == level {
			attribute.Value = slog.StringValue(l.name)
		}
	}
	return attribute
}
