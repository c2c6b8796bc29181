package core

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/topology"
)

// What redis-cli --cluster fix sends for a slot that nobody owns is one change, and each command has its own reply.
func TestATransactionIsOneChange(t *testing.T) {
	h := openHarness(t, testOptions())
	h.expect(0, "CLUSTER SHARDS x", "-ERR wrong number of arguments for 'cluster|shards' command\r\n")
	h.send(0, request("CLUSTER", "DELSLOTS", "5"))
	h.persist()
	h.take(0)
	records := len(h.records)
	version := h.node.State().Version
	for _, words := range []string{
		"MULTI", "CLUSTER DELSLOTS 5", "CLUSTER ADDSLOTS 5", "CLUSTER KEYSLOT foo", "CLUSTER SETSLOT 5 STABLE", "CLUSTER BUMPEPOCH", "EXEC",
	} {
		h.send(0, request(strings.Fields(words)...))
	}
	if got := len(h.records) - records; got != 1 {
		t.Errorf("%d records", got)
	}
	if owned := h.node.Owned(); owned.Contains(5) {
		t.Error("in force before it is durable")
	}
	h.persist()
	want := "+OK\r\n" + strings.Repeat("+QUEUED\r\n", 5) +
		"*5\r\n-ERR Slot 5 is already unassigned\r\n+OK\r\n:12182\r\n+OK\r\n+BUMPED 1\r\n"
	if got := h.take(0); got != want {
		t.Errorf("got %q", got)
	}
	if got := h.node.State().Version - version; got != 2 {
		t.Errorf("%d versions, want 2: the slot and the epoch", got)
	}
}

// A transaction's later commands see what the earlier ones want, and others do not.
func TestATransactionSeesItsOwnChanges(t *testing.T) {
	h := openHarness(t, testOptions())
	h.open(1)
	for _, words := range []string{"MULTI", "CLUSTER DELSLOTS 5", "CLUSTER DELSLOTS 5", "CLUSTER COUNTKEYSINSLOT 5", "EXEC"} {
		h.send(0, request(strings.Fields(words)...))
	}
	h.expect(1, "CLUSTER ADDSLOTS 5", "-ERR Slot 5 is already busy\r\n")
	h.persist()
	if got := h.take(0); !strings.HasSuffix(got, "*3\r\n+OK\r\n-ERR Slot 5 is already unassigned\r\n:0\r\n") {
		t.Errorf("got %q", got)
	}
}

func TestATransactionThatChangesTooMuchSaysSo(t *testing.T) {
	h := openHarness(t, testOptions())
	h.send(0, request("MULTI"))
	for slot := range topology.MaxBatch + 1 {
		h.send(0, request("CLUSTER", "DELSLOTS", fmt.Sprint(slot)))
	}
	h.send(0, request("EXEC"))
	h.persist()
	if got := h.take(0); !strings.HasSuffix(got, strings.Repeat("+OK\r\n", topology.MaxBatch)+"-"+string(errTransactionTooLarge)+"\r\n") {
		t.Errorf("got %q", got)
	}
}

// Changes that a client sends one behind the other are decided together, and what depends on them waits for that.
func TestPipelinedChangesWaitTogether(t *testing.T) {
	h := openHarness(t, testOptions())
	records := len(h.records)
	h.send(0, request("CLUSTER", "DELSLOTS", "5")+request("CLUSTER", "DELSLOTS", "5")+request("CLUSTER", "DELSLOTS", "6")+
		request("CLUSTER", "BUMPEPOCH")+request("CLUSTER", "ADDSLOTS", "6")+request("GET", "foo")+request("PING"))
	if got := len(h.records) - records; got != 1 {
		t.Errorf("%d records", got)
	}
	if got := h.take(0); got != "" {
		t.Errorf("answered %q before anything was durable", got)
	}
	h.persist()
	want := "+OK\r\n-ERR Slot 5 is already unassigned\r\n+OK\r\n+BUMPED 1\r\n+OK\r\n-CLUSTERDOWN The cluster is down\r\n+PONG\r\n"
	if got := h.take(0); got != want {
		t.Errorf("got %q", got)
	}
}

func TestPipelinedChangesAreBounded(t *testing.T) {
	h := openHarness(t, testOptions())
	var all strings.Builder
	for range maxUnsettled + 10 {
		all.WriteString(request("CLUSTER", "BUMPEPOCH"))
		all.WriteString(request("CLUSTER", "SAVECONFIG"))
	}
	records := len(h.records)
	h.send(0, all.String())
	if got := len(h.records) - records; got > maxUnsettled {
		t.Errorf("%d records", got)
	}
	for range 4 {
		h.persist()
	}
	if got := strings.Count(h.take(0), "\r\n"); got != 2*(maxUnsettled+10) {
		t.Errorf("%d replies", got)
	}
}

// A change that changes nothing is answered as soon as what is before it is durable.
func TestAnEmptyChangeIsABarrier(t *testing.T) {
	h := openHarness(t, testOptions())
	h.open(1)
	h.expect(1, "CLUSTER SAVECONFIG", "+OK\r\n")
	h.send(0, request("CLUSTER", "DELSLOTS", "5"))
	h.expect(1, "CLUSTER SAVECONFIG", "")
	h.persist()
	if got := h.take(1); got != "+OK\r\n" {
		t.Errorf("got %q", got)
	}
}

// Whether they come alone, pipelined or in a transaction, changes have the same replies and the same effect.
func TestChangesAreTheSameInATransaction(test *testing.T) {
	rapid.Check(test, func(t *rapid.T) {
		alone, piped, together := openHarness(test, testOptions()), openHarness(test, testOptions()), openHarness(test, testOptions())
		commands := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			slot := rapid.IntRange(0, 4).Draw(t, "slot")
			return fmt.Sprintf(rapid.SampledFrom([]string{
				"CLUSTER ADDSLOTS %d", "CLUSTER DELSLOTS %d", "CLUSTER SETSLOT %d STABLE", "CLUSTER DELSLOTSRANGE 0 %d", "CLUSTER ADDSLOTSRANGE 0 %d",
			}).Draw(t, "command"), slot)
		}), 1, 10).Draw(t, "commands")
		replies, pipe, transaction := "", "", request("MULTI")
		for _, words := range commands {
			alone.send(0, request(strings.Fields(words)...))
			alone.persist()
			replies += alone.take(0)
			pipe += request(strings.Fields(words)...)
			transaction += request(strings.Fields(words)...)
		}
		piped.send(0, pipe)
		piped.persist()
		if got := piped.take(0); got != replies {
			t.Fatalf("pipelined: %q, alone: %q", got, replies)
		}
		together.send(0, transaction+request("EXEC"))
		together.persist()
		want := "+OK\r\n" + strings.Repeat("+QUEUED\r\n", len(commands)) + fmt.Sprintf("*%d\r\n", len(commands)) + replies
		if got := together.take(0); got != want {
			t.Fatalf("in a transaction: %q, alone: %q", got, replies)
		}
		if a, b, c := alone.node.State().Hash(), piped.node.State().Hash(), together.node.State().Hash(); a != b || a != c {
			t.Fatalf("the states differ: %v, %v, %v", alone.node.State(), piped.node.State(), together.node.State())
		}
	})
}
