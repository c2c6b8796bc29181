package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// locate repeats the first run of a comparison and the one at index i with a trace, and tells where they part.
func (g gate) locate(ctx context.Context, c comparison, i int, directory string) string {
	var traces [2]string
	for k, p := range []platform{g.platforms[0], g.platforms[i]} {
		inner, err := os.MkdirTemp(directory, "trace-")
		if err != nil {
			return err.Error()
		}
		defer os.RemoveAll(inner)
		traces[k] = filepath.Join(inner, "trace")
		limited, cancel := context.WithTimeout(ctx, g.timeout)
		_, err = p.run(limited, func(inside string) []string { return c.scene.traced(inside + "/trace") }, inner)
		cancel()
		if _, missing := os.Stat(traces[k]); missing != nil {
			return fmt.Sprintf("no trace of %s: %v", p.name, errors.Join(err, missing))
		}
	}
	line, texts, err := firstDifference(traces[0], traces[1])
	switch {
	case err != nil:
		return err.Error()
	case line == 0:
		return "repeated with a trace, the two runs agree"
	}
	return fmt.Sprintf("the traces part at line %d:\n    %s: %s\n    %s: %s",
		line, g.platforms[0].name, texts[0], g.platforms[i].name, texts[1])
}

// firstDifference returns the first line, counted from 1, in which two files differ, and what it is in each of them. It
// returns line 0 for files that are equal.
func firstDifference(a, b string) (line int, texts [2]string, err error) {
	var readers [2]*bufio.Reader
	for i, name := range []string{a, b} {
		file, err := os.Open(name)
		if err != nil {
			return 0, texts, err
		}
		defer file.Close()
		readers[i] = bufio.NewReader(file)
	}
	for line = 1; ; line++ {
		ended := 0
		for i, reader := range readers {
			text, err := reader.ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return 0, texts, err
			}
			if err != nil && text == "" {
				text = "(end)"
				ended++
			}
			texts[i] = strings.TrimSuffix(text, "\n")
		}
		if texts[0] != texts[1] {
			return line, texts, nil
		}
		if ended > 0 {
			return 0, texts, nil
		}
	}
}
