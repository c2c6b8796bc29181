package core

import (
	"fmt"
	"testing"
	"time"
)

func TestKeysExpireWithoutBeingAskedFor(t *testing.T) {
	h := openHarness(t, testOptions())
	const keys = 3*expiryBatch + 1
	for i := range keys {
		h.do(0, fmt.Sprintf("SET key%d v PX 1000", i))
	}
	h.expect(0, "SET lasting v", "+OK\r\n")
	steps := 0
	for ; h.node.Space().Len() > 1; steps++ {
		deadline := h.node.NextDeadline()
		if deadline == Never || steps > 100 {
			t.Fatalf("%d keys are left after %d steps, next deadline %v", h.node.Space().Len(), steps, deadline)
		}
		elapsed := max(deadline-h.clock.Now, 0)
		h.clock.Now += elapsed
		h.clock.Wall += int64((elapsed + time.Millisecond - 1) / time.Millisecond)
		h.step(&DeadlineReached{})
	}
	if steps < keys/expiryBatch {
		t.Errorf("%d keys went in %d steps: a step is not bounded", keys, steps)
	}
	if got := h.node.Counters().ExpiredKeys; got != keys {
		t.Errorf("counted %d", got)
	}
	if h.node.nextExpiry != Never {
		t.Error("waits for an expiry that will not come")
	}
}

// Keys that were prolonged do not keep those behind them waiting: a round that looked at nothing else is followed by another soon.
func TestProlongedKeysAreNoLastRound(t *testing.T) {
	h := openHarness(t, testOptions())
	for i := range 3 * expiryBatch {
		h.do(0, fmt.Sprintf("SET key%d v PX 1000", i))
		h.expect(0, fmt.Sprintf("PEXPIRE key%d 900000", i), ":1\r\n")
	}
	h.expect(0, "SET last v PX 1001", "+OK\r\n")
	began := h.clock.Now
	for h.node.Counters().ExpiredKeys == 0 {
		elapsed := max(h.node.NextDeadline()-h.clock.Now, 0)
		h.clock.Now += elapsed
		h.clock.Wall += int64((elapsed + time.Millisecond - 1) / time.Millisecond)
		h.step(&DeadlineReached{})
		if took := h.clock.Now - began; took > 1001*time.Millisecond+h.node.options.ExpiryInterval {
			t.Fatalf("the key is still there after %v", took)
		}
	}
	if got := h.node.Space().Len(); got != 3*expiryBatch {
		t.Errorf("%d keys are left", got)
	}
}

// A key that ends before all those that were there does not wait for them.
func TestAKeyOfShortLifeGoesBeforeOneOfLongLife(t *testing.T) {
	h := openHarness(t, testOptions())
	h.expect(0, "SET long v EX 3000", "+OK\r\n")
	h.expect(0, "SET short v PX 1000", "+OK\r\n")
	h.expect(0, "SET endless v PXAT 9223372036854775807", "+OK\r\n")
	for end := h.clock.Now + 2*time.Second; h.clock.Now < end; {
		elapsed := min(max(h.node.NextDeadline()-h.clock.Now, 0), time.Second)
		h.clock.Now += elapsed
		h.clock.Wall += int64((elapsed + time.Millisecond - 1) / time.Millisecond)
		h.step(&DeadlineReached{})
	}
	if got := h.node.Space().Len(); got != 2 {
		t.Errorf("%d keys are left", got)
	}
}

func TestAnExpiredKeyIsGoneAtOnceForItsReader(t *testing.T) {
	h := openHarness(t, testOptions())
	h.expect(0, "SET k v PX 1000", "+OK\r\n")
	h.clock.Wall += 1001
	h.expect(0, "GET k", "$-1\r\n")
	if got := h.node.Space().Len(); got != 0 {
		t.Errorf("%d keys", got)
	}
}
