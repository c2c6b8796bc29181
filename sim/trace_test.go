package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// A describer is a probe that can read its datagrams.
type describer struct{ *probe }

func (describer) Describe(kind EventKind, port uint16, data []byte) string {
	if kind == EventDatagram && len(data) == 1 {
		return fmt.Sprintf("(number %s to port %d)", data, port)
	}
	return ""
}

// story lets one of everything happen.
func story(t *testing.T, config Config) *World {
	config.Network = quiet
	w := New(config)
	a, b := &probe{}, &probe{}
	w.AddHost("a", describer{a}, HostOptions{})
	w.AddHost("b", b, HostOptions{})
	b.onEvent = func(e Event) {
		switch {
		case e.Kind == EventStreamData:
			b.bus.CloseStream(e.Stream)
		case e.Kind == EventInput && e.Args[0] == "exit":
			b.host.Crash("out of memory")
		}
	}
	plan, err := ParsePlan(`1s input b hello "two words"
		2s pause hosts=a for=1s
		4s crash hosts=a for=1s
		4500ms input a lost
		6s input b exit`)
	if err != nil || w.Load(plan) != nil {
		t.Fatal(err)
	}
	w.Run(0)
	a.bus.SendDatagram(b.address(), []byte("7"))
	a.bus.SendDatagram(b.address(), []byte("something\nlonger than what is shown of a payload"))
	a.bus.SendDatagram(transport.Address{}, nil)
	a.bus.SendStream(a.bus.OpenStream(b.address()), []byte("bytes"))
	a.host.After(time.Second, 5)
	a.deadline = 1500 * time.Millisecond
	file, err := a.host.Disk().Create("log")
	if err != nil || file.Append([]byte("record")) != nil || file.Sync() != nil || file.Truncate(3) != nil {
		t.Fatal("the disk fails")
	}
	disk := a.host.Disk()
	if disk.Rename("log", "log2") != nil || disk.Sync() != nil || disk.Remove("log2") != nil {
		t.Fatal("the disk fails")
	}
	w.Run(5500 * time.Millisecond)
	b.host.Tracef("the answer is %d", 42)
	w.Tracef("all is well")
	_ = a.bus.Close()
	w.Run(7 * time.Second)
	w.Heal()
	w.Fail(Stalled, "progress", "nothing happens\nany more")
	return w
}

const storyTrace = `    0.000000000 a        boot number 1
    0.000000000 b        boot number 1
    0.000000000 a        send to b:1 1 bytes (number 7 to port 1)
    0.000000000 a        send to b:1 48 bytes "something\nlonger than what is sh"
    0.000000000 a        send to
    0.000000000 a        open to b:1 stream 100000000
    0.000000000 a        write stream 100000000 5 bytes "bytes"
    0.000000000 a        set timer 5 for 1s
    0.000000000 a        disk create log
    0.000000000 a        disk append to log 6 bytes "record"
    0.000000000 a        disk sync log
    0.000000000 a        disk truncate log
    0.000000000 a        disk rename log to log2
    0.000000000 a        disk sync directory
    0.000000000 a        disk remove log2
    0.001000000 b        datagram from a:1 1 bytes "7"
    0.001000000 b        datagram from a:1 48 bytes "something\nlonger than what is sh"
    0.001000000 b        opened a:32769 stream 100000001
    0.002000000 a        opened b:1 stream 100000000
    0.004000000 b        data stream 100000001 5 bytes "bytes"
    0.004000000 b        close stream 100000001
    0.004000000 b        closed stream 100000001
    0.005000000 a        closed stream 100000000
    1.000000000 b        input ["hello" "two words"]
    1.000000000 a        timer 5
    1.500000000 a        deadline
    2.000000000 -        fault 2s pause hosts=a for=1s
    2.000000000 a        pause
    3.000000000 -        fault ends 2s pause hosts=a for=1s
    3.000000000 a        resume
    4.000000000 -        fault 4s crash hosts=a for=1s
    4.000000000 a        down crash
    4.500000000 a        lost input lost
    5.000000000 -        fault ends 4s crash hosts=a for=1s
    5.000000000 a        boot number 2
    5.500000000 b        note the answer is 42
    5.500000000 -        note all is well
    5.500000000 a        unlisten
    6.000000000 b        input ["exit"]
    6.000000000 b        exit out of memory
    6.000000000 b        down exit
    7.000000000 -        heal
    7.000000000 -        FAIL stalled: nothing happens any more
`

func TestTraceReadsWell(t *testing.T) {
	var trace strings.Builder
	observed := 0
	story(t, Config{Trace: &trace, Observe: func(r *Record) { observed++ }})
	if got := trace.String(); got != storyTrace {
		t.Errorf("got\n%s", firstDifference(got, storyTrace))
	}
	if want := strings.Count(storyTrace, "\n"); observed != want {
		t.Errorf("%d records were observed, want %d", observed, want)
	}
}

func firstDifference(got, want string) string {
	wanted := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(wanted) || line != wanted[i] {
			return fmt.Sprintf("line %d: %q, want %q", i+1, line, wanted[min(i, len(wanted)-1)])
		}
	}
	return "the end is missing"
}

// The window has the latest records, whether or not anybody has looked, but for notes, which cost something.
func TestWindow(t *testing.T) {
	for _, test := range []struct{ window, lines int }{{0, 41}, {5, 5}, {-1, 0}} {
		w := story(t, Config{Window: test.window})
		var window strings.Builder
		if err := w.WriteWindow(&window); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, line := range strings.SplitAfter(storyTrace, "\n") {
			if line != "" && !strings.Contains(line, " note ") {
				want = append(want, line)
			}
		}
		if got := window.String(); got != strings.Join(want[len(want)-test.lines:], "") {
			t.Errorf("a window of %d has\n%s", test.window, got)
		}
	}
	for _, window := range []int{-1, 0, 2} {
		if last := story(t, Config{Window: window}).Failure().Last; !strings.Contains(last, `input ["exit"]`) {
			t.Errorf("with a window of %d the last event reads %q", window, last)
		}
	}
	if w := story(t, Config{Trace: failing{}}); w.WriteWindow(failing{}) == nil {
		t.Error("a failure to write the window is not told")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fmt.Errorf("no") }

func TestNotesAreMadeOnlyForReaders(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	h := p[0].host
	if h.Tracing() {
		t.Error("somebody reads")
	}
	expensive := formatted{t}
	h.Tracef("%v", expensive)
	w.Tracef("%v", expensive)
	watched := New(Config{Observe: func(*Record) {}})
	if h := watched.AddHost("a", p[0], HostOptions{}); !h.Tracing() {
		t.Error("nobody reads")
	}
}

type formatted struct{ t *testing.T }

func (f formatted) String() string {
	f.t.Error("it was formatted")
	return ""
}

func TestNamesOfRecords(t *testing.T) {
	for action := Action(1); action < actions; action++ {
		if action.String() == "" {
			t.Errorf("action %d has no name", action)
		}
		if action.IsEvent() != (action <= Action(EventInput)) {
			t.Errorf("%v is an event: %v", action, action.IsEvent())
		}
	}
	if actions.String() != "unknown" || EventKind(200).String() != "unknown" {
		t.Error("what is unknown has a name")
	}
}
