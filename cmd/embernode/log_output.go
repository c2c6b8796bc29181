package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
)

// newLogger returns a logger of one line of key=value pairs for each message, at Redis's levels. The field names are stable:
// messages may be reworded.
func newLogger(s *settings, standard io.Writer) (*slog.Logger, io.Closer, error) {
	out, closer := standard, io.NopCloser(nil)
	if s.LogFile != "" {
		file, err := os.OpenFile(s.LogFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			return nil, nil, fmt.Errorf("logfile: %w", err)
		}
		out, closer = file, file
	}
	handler := slog.NewTextHandler(out, &slog.HandlerOptions{Level: s.LogLevel.level(), ReplaceAttr: nameLevels})
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
			attribute.Value = slog.StringValue(string(l.name))
		}
	}
	return attribute
}
