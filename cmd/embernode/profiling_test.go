package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var profilesLine = regexp.MustCompile(`msg="profiles are served" address=(\S+)`)

func TestProfiles(t *testing.T) {
	p := start(t, t.TempDir(), "--pprof", "127.0.0.1:0")
	match := profilesLine.FindStringSubmatch(p.log.String())
	if match == nil {
		t.Fatalf("no address in the log:\n%s", p.log)
	}
	for path, want := range map[string]string{
		"":                    "profile?debug=1",
		"goroutine?debug=1":   "goroutine profile:",
		"heap?debug=1":        "heap profile:",
		"profile?seconds=1":   "\x1f\x8b", // compressed
		"cmdline":             "--pprof",
		"nosuch":              "Unknown profile",
		"allocs?debug=1":      "heap profile:",
		"threadcreate?debug=": "\x1f\x8b",
	} {
		answer, err := http.Get("http://" + match[1] + "/debug/pprof/" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%q: %v, %.100q", path, err, body)
		}
	}
	dial(t, p.address()).expect("PONG", "PING")
	oneLine(t, fail(t, t.TempDir(), "--pprof", match[1]), "pprof", "address already in use")
	for _, address := range []string{"0.0.0.0:6060", "10.0.0.1:6060", "6060", "localhost:6060"} {
		oneLine(t, fail(t, t.TempDir(), "--pprof", address), "address of the loopback interface")
	}
}
