package core

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/command"
)

// What is pushed behind a reply that waits is bounded; what has been sent is the driver's to bound, and counted here.
func TestASubscriberWhoseReplyWaitsIsClosed(t *testing.T) {
	options := testOptions()
	options.Limits.ParkedReplies, options.Limits.ParkedPushes = 100, 1000
	h := openHarness(t, options)
	h.open(1)
	h.open(2)
	for _, client := range []ClientID{1, 2} {
		h.do(client, "HELLO 3")
		h.do(client, "SUBSCRIBE news")
	}
	h.send(1, request("CLUSTER", "DELSLOTS", "5"))
	for range 20 {
		h.do(0, "PUBLISH news "+strings.Repeat("x", 80))
	}
	if !h.closed[1] || h.closed[2] || h.node.Counters().OutputOverruns != 1 {
		t.Fatalf("closed: %v", h.closed)
	}
	h.expect(0, "PUBLISH news x", ":1\r\n")
	h.step(&ClientClosed{Client: 2, Overrun: true})
	if got := h.do(0, "INFO stats"); !strings.Contains(got, "client_output_buffer_limit_disconnections:2\r\n") {
		t.Errorf("INFO: %q", got)
	}
}

func TestOutputClasses(t *testing.T) {
	h := openHarness(t, testOptions())
	for i, words := range []string{"PING", "SUBSCRIBE a", "MONITOR", "CLIENT TRACKING ON", "CLIENT TRACKING ON BCAST"} {
		client := ClientID(i + 1)
		h.open(client)
		h.do(client, "HELLO 3")
		h.do(client, words)
		want := [...]command.OutputClass{command.NormalOutput, command.PubSubOutput, command.PubSubOutput, command.NormalOutput, command.PubSubOutput}[i]
		if got := h.node.OutputClass(client); got != want {
			t.Errorf("%s: class %d, want %d", words, got, want)
		}
	}
}

// A Step sends no more than its share of messages and one command's beyond; the rest of the commands follow in the next.
func TestFanOutIsSpreadOverSteps(t *testing.T) {
	h := openHarness(t, testOptions())
	const subscribers = 300
	for client := range ClientID(subscribers) {
		h.open(client + 1)
		h.do(client+1, "SUBSCRIBE news")
	}
	h.send(0, strings.Repeat(request("PUBLISH", "news", "x"), 100)+request("PING"))
	first := strings.Count(h.replies[0], ":300\r\n")
	if first*subscribers < maxFanOut || first*subscribers > maxFanOut+subscribers {
		t.Fatalf("%d messages in one Step", first*subscribers)
	}
	steps := 0
	for ; h.node.NextDeadline() <= h.clock.Now; steps++ {
		h.step(&DeadlineReached{})
	}
	if got := h.take(0); got != strings.Repeat(":300\r\n", 100)+"+PONG\r\n" || steps != 2 {
		t.Fatalf("after %d more Steps: %d replies", steps, strings.Count(got, ":300"))
	}
	if got := strings.Count(h.take(7), "message"); got != 100 {
		t.Fatalf("a subscriber got %d messages", got)
	}
}

func TestAClosedClientLeavesNothingBehind(t *testing.T) {
	h := openHarness(t, testOptions())
	h.open(1)
	for _, words := range []string{
		"HELLO 3", "SUBSCRIBE a b", "PSUBSCRIBE a*", "SSUBSCRIBE {s}1 {s}2", "WATCH k", "CLIENT TRACKING ON", "GET k", "MONITOR",
		"CLIENT TRACKING OFF", "CLIENT TRACKING ON BCAST PREFIX a", "MULTI", "PING", "CLIENT TRACKING ON",
	} {
		h.do(1, words)
	}
	h.step(&ClientClosed{Client: 1})
	clients, keys, items, prefixes := h.node.sessions.TrackingCounts()
	if h.node.sessions.Retained()+h.node.queued+clients+keys+items+prefixes+h.node.sessions.Monitors() != 0 {
		t.Error("something is left")
	}
	h.expect(0, "PUBSUB CHANNELS", "*0\r\n")
	h.expect(0, "PUBSUB NUMPAT", ":0\r\n")
	h.expect(0, "PUBSUB SHARDCHANNELS", "*0\r\n")
}

// The oldest key goes when the tracking table is full, and who tracks it is told as if it had changed.
func TestTheTrackingTableIsBounded(t *testing.T) {
	h := openHarness(t, testOptions())
	h.open(1)
	h.do(1, "HELLO 3")
	h.do(1, "CLIENT TRACKING ON")
	h.do(0, "CONFIG SET tracking-table-max-keys 2")
	h.expect(1, "GET a", "_\r\n")
	h.expect(1, "GET b", "_\r\n")
	h.expect(1, "GET a", "_\r\n")
	h.expect(1, "GET c", "_\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n")
	h.do(0, "CONFIG SET tracking-table-max-keys 1")
	if got := h.take(1); got != ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nb\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestAKilledClientExecutesNothingMore(t *testing.T) {
	h := openHarness(t, testOptions())
	h.open(1)
	h.step(&ClientBatch{Inputs: []ClientInput{
		{Client: 0, Bytes: []byte(request("CLIENT", "KILL", "TYPE", "normal") + request("GET", "k"))},
		{Client: 1, Bytes: []byte(request("SET", "k", "v"))},
	}})
	if got := h.take(0); got != ":1\r\n$-1\r\n" || !h.closed[1] {
		t.Fatalf("got %q, closed %v", got, h.closed)
	}
}

func TestAPauseStopsExpiry(t *testing.T) {
	h := openHarness(t, testOptions())
	h.do(0, "SET k v PX 100")
	h.do(0, "CLIENT PAUSE 1000 WRITE")
	h.clock.Now += 500 * time.Millisecond
	h.clock.Wall += 500
	h.step(&DeadlineReached{})
	h.expect(0, "GET k", "$-1\r\n")
	h.expect(0, "DBSIZE", ":1\r\n")
	h.send(0, request("SET", "other", "v"))
	if got := h.take(0); got != "" {
		t.Fatalf("a write in a pause of writes: %q", got)
	}
	h.clock.Now += 500 * time.Millisecond
	if h.node.NextDeadline() > h.clock.Now {
		t.Fatal("the end of the pause is no deadline")
	}
	h.step(&DeadlineReached{})
	if got := h.take(0); got != "+OK\r\n" {
		t.Fatalf("after the pause: %q", got)
	}
	h.expect(0, "DBSIZE", ":1\r\n")
}

// A stranger's limits end with its AUTH, wherever the batch is cut.
func TestAuthenticationLiftsLimitsAtOnce(t *testing.T) {
	options := testOptions()
	settings := command.DefaultSettings()
	settings.RequirePass = "secret"
	options.Settings = &settings
	h := newHarness(t, options)
	h.persist()
	long := strings.Repeat("x", 20000)
	h.open(1)
	h.send(1, request("AUTH", "secret")+request("ECHO", long))
	if got, want := h.take(1), "+OK\r\n$20000\r\n"+long+"\r\n"; got != want {
		t.Fatalf("got %.100q", got)
	}
	h.send(1, request("RESET")+request("ECHO", long))
	if got, want := h.take(1), "+RESET\r\n-ERR Protocol error: unauthenticated bulk length\r\n"; got != want || !h.closed[1] {
		t.Fatalf("got %.100q", got)
	}
}

func TestShutdownIsLeftToTheDriver(t *testing.T) {
	h := openHarness(t, testOptions())
	var stops []command.StopOptions
	h.stopped = func(options command.StopOptions) { stops = append(stops, options) }
	h.do(0, "SHUTDOWN NOSAVE NOW FORCE")
	if want := []command.StopOptions{{NoSave: true, Now: true, Force: true}}; !slices.Equal(stops, want) || h.take(0) != "" {
		t.Errorf("got %v", stops)
	}
}

func TestRewriteIsTheDrivers(t *testing.T) {
	options := testOptions()
	var written []command.Parameter
	var failure error
	options.Rewrite = func(parameters []command.Parameter) error { written = parameters; return failure }
	h := openHarness(t, options)
	h.do(0, "CONFIG SET slowlog-max-len 7")
	h.expect(0, "CONFIG REWRITE", "+OK\r\n")
	if !slices.Contains(written, command.Parameter{Name: "slowlog-max-len", Value: "7"}) {
		t.Errorf("written: %v", written)
	}
	failure = errors.New("Permission denied")
	h.expect(0, "CONFIG REWRITE", "-ERR Rewriting config file: Permission denied\r\n")
}

// Durations come from the driver's stopwatch, and show in the slow log, LATENCY and INFO only.
func TestDurationsComeFromTheDriver(t *testing.T) {
	options := testOptions()
	var stopwatch time.Duration
	options.Elapsed = func() time.Duration { stopwatch += 15 * time.Millisecond; return stopwatch }
	h := openHarness(t, options)
	h.do(0, "SLOWLOG RESET")
	h.do(0, "CONFIG SET latency-monitor-threshold 10")
	h.do(0, "LATENCY RESET")
	h.do(0, "CONFIG RESETSTAT")
	h.do(0, "GET k")
	if got := h.do(0, "SLOWLOG GET 1"); !strings.Contains(got, ":15000\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") {
		t.Errorf("SLOWLOG: %q", got)
	}
	if got := h.do(0, "LATENCY LATEST"); !strings.Contains(got, "$12\r\nfast-command\r\n:1767225600\r\n:15\r\n:15\r\n") {
		t.Errorf("LATENCY: %q", got)
	}
	if got := h.do(0, "INFO commandstats"); !strings.Contains(got, "cmdstat_get:calls=1,usec=15000,usec_per_call=15000.00,rejected_calls=0,failed_calls=0") {
		t.Errorf("INFO: %q", got)
	}
}

// Commands that take constant time and come together are timed together; what may take longer is timed alone, and so is
// everything if the slow log is to show the smallest durations.
func TestSmallCommandsAreTimedTogether(t *testing.T) {
	options := testOptions()
	var stopwatch time.Duration
	readings := 0
	options.Elapsed = func() time.Duration {
		readings++
		stopwatch += 12 * time.Microsecond
		return stopwatch
	}
	h := openHarness(t, options)
	read := func(pipeline string) int {
		before := readings
		h.step(&ClientBatch{Inputs: []ClientInput{{Bytes: []byte(pipeline + "\r\n")}}})
		h.take(0)
		return readings - before
	}
	h.do(0, "CONFIG RESETSTAT")
	if got := read("SET k v\r\nGET k\r\nGET k\r\nINCR n"); got != 2 {
		t.Errorf("four small commands: %d readings", got)
	}
	for _, want := range []string{"cmdstat_get:calls=2,usec=6,usec_per_call=3.00", "cmdstat_set:calls=1,usec=3,", "cmdstat_incr:calls=1,usec=3,"} {
		if got := h.do(0, "INFO commandstats"); !strings.Contains(got, want) {
			t.Errorf("%s is not in %q", want, got)
		}
	}
	if got := read("GET k\r\nKEYS *\r\nGET k"); got != 4 {
		t.Errorf("KEYS between two small commands: %d readings", got)
	}
	if got := read("SET k " + strings.Repeat("v", maxStretchBytes+1) + "\r\nGET n"); got != 4 {
		t.Errorf("a large value and a small command: %d readings", got)
	}
	if got := read("MULTI\r\nGET n\r\nKEYS *\r\nEXEC"); got != 6 {
		t.Errorf("a transaction: %d readings", got)
	}
	h.do(0, "CONFIG SET slowlog-log-slower-than 5")
	h.do(0, "SLOWLOG RESET")
	if got := read("GET n\r\nGET n"); got != 6 {
		t.Errorf("with a close look: %d readings", got)
	}
	h.expect(0, "SLOWLOG LEN", ":3\r\n")
}
