package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// pages answers SCAN with a key a call.
func pages(keys ...string) func(args []string) (string, bool) {
	return func(args []string) (string, bool) {
		var at int
		if _, err := fmt.Sscan(args[1], &at); err != nil || at >= len(keys) {
			return "-ERR invalid cursor\r\n", false
		}
		next := (at + 1) % len(keys)
		return fmt.Sprintf("*2\r\n$1\r\n%d\r\n*1\r\n$%d\r\n%s\r\n", next, len(keys[at]), keys[at]), false
	}
}

func expectScan(t *testing.T, c *Cluster, whole bool, keys ...string) {
	t.Helper()
	if len(c.history.scans) != 1 {
		t.Fatalf("%d scans", len(c.history.scans))
	}
	var got []string
	for _, step := range c.history.scans[0].steps {
		got = append(got, step.keys...)
	}
	if s := c.history.scans[0]; s.whole != whole || strings.Join(got, " ") != strings.Join(keys, " ") {
		t.Errorf("%s: keys %q, want %q, whole %v", s.describe(), got, keys, whole)
	}
}

func TestAScanGoesOnUntilTheCursorIsZero(t *testing.T) {
	c, log := clientWorld(t, [][]string{{"scan", "foo", "COUNT", "7"}}, pages("a", "b", "c"))
	expectLog(t, log, "1: SCAN 0 COUNT 7", "1: SCAN 1 COUNT 7", "1: SCAN 2 COUNT 7")
	expectScan(t, c, true, "a", "b", "c")
	for i, step := range c.history.scans[0].steps {
		if step.ordinal != uint64(i+2) { // after HELLO
			t.Errorf("call %d has the ordinal %d", i+1, step.ordinal)
		}
	}
}

// A call whose reply is lost is repeated with the same cursor, at the same node.
func TestAScanGoesOnAfterALostReply(t *testing.T) {
	lost := false
	answer := pages("a", "b")
	c, log := clientWorld(t, [][]string{{"scan", "foo"}}, func(args []string) (string, bool) {
		if args[1] == "1" && !lost {
			lost = true
			return "", true
		}
		return answer(args)
	})
	expectLog(t, log, "1: SCAN 0", "1: SCAN 1", "1: SCAN 1")
	expectScan(t, c, true, "a", "b")
	if steps := c.history.scans[0].steps; steps[0].log == steps[1].log {
		t.Error("both calls are said to be of one connection")
	}
}

func TestAScanThatIsRefusedEnds(t *testing.T) {
	c, _ := clientWorld(t, [][]string{{"scan", "foo"}}, func([]string) (string, bool) { return "-LOADING later\r\n", false })
	expectScan(t, c, false)
}

func TestAScanOfANodeThatIsGoneEnds(t *testing.T) {
	c, log := clientWorld(t, [][]string{{"scan", "foo"}}, func([]string) (string, bool) { return "", true })
	expectScan(t, c, false)
	if len(*log) != maxRetries+1 {
		t.Errorf("it was asked %d times", len(*log))
	}
}

// A scan runs among other operations of its client, on a connection of its own.
func TestScansOfARunAreChecked(t *testing.T) {
	config, plan := small(6)
	plan.Inputs = append(plan.Inputs, sim.Input{At: 2 * time.Second, Host: clientName(1), Args: []string{"scan", "s1", "COUNT", "1"}})
	r := mustRun(t, config, plan)
	scans := 0
	for _, s := range r.History.scans {
		check, ok := newScanCheck(s)
		if ok && s.whole && len(check.stops) > 1 {
			scans++
		}
	}
	if scans == 0 {
		t.Error("no scan of several calls was checked")
	}
	// What a run lets pass does not pass if the history were another.
	for _, s := range r.History.scans {
		for i := range s.steps {
			s.steps[i].keys = nil
		}
	}
	if err := r.Cluster.checkScans(); err == nil || !strings.Contains(err.Error(), "has not returned") {
		t.Errorf("scans without keys: %v", err)
	}
}

func TestHalfCommandsAreNoCommands(t *testing.T) {
	for _, size := range []int{1, 2, 30, 5000} {
		c, log := clientWorld(t, [][]string{{"half-command", fmt.Sprint(size)}, {"GET", "foo"}}, func([]string) (string, bool) { return "$-1\r\n", false })
		expectLog(t, log, "1: GET foo")
		if half := (&client{}).halfOf(size); len(half) != size || half[0] != '*' {
			t.Errorf("%d bytes: %q", size, half)
		}
		if len(c.history.Operations) != 1 || c.history.Operations[0].Outcome != Answered {
			t.Errorf("%d operations", len(c.history.Operations))
		}
	}
}
