package core

import (
	"strconv"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/random"
)

func TestIdentityAndSlotsSurviveARestart(t *testing.T) {
	h := openHarness(t, testOptions())
	id := h.do(0, "CLUSTER MYID")
	shard := h.do(0, "CLUSTER MYSHARDID")
	options := testOptions()
	options.Random = random.New(2)
	options.Announce.Host, options.Announce.ClientPort = "127.0.0.2", 7001
	again := h.restart(options)
	again.persist()
	again.open(0)
	again.expect(0, "CLUSTER MYID", id)
	again.expect(0, "CLUSTER MYSHARDID", shard)
	again.expect(0, "SET k v", "+OK\r\n")
	if got := again.do(0, "CLUSTER NODES"); !strings.Contains(got, " 127.0.0.2:7001@17000 myself,master ") || !strings.HasSuffix(got, " 0-16383\n\r\n") {
		t.Errorf("CLUSTER NODES: %q", got)
	}
	if h.node.Boot() != 1 || again.node.Boot() != 2 {
		t.Errorf("boots %d and %d", h.node.Boot(), again.node.Boot())
	}
}

func TestAChangeThatWasNotDurableIsForgotten(t *testing.T) {
	h := newHarness(t, testOptions())
	h.persist()
	h.open(0)
	h.send(0, request("CLUSTER", "ADDSLOTS", "5"))
	h.records = h.records[:len(h.records)-1] // the crash
	again := h.restart(testOptions())
	if owned := again.node.Owned(); !owned.Empty() {
		t.Errorf("owns %v", owned)
	}
	if h.take(0) != "" {
		t.Error("the client was told of a change that a crash could undo")
	}
}

// However long a node lives and however often its configuration changes, its log stays short: what is released grows with what is
// appended, and what is left is enough to start from.
func TestOlderRecordsAreReleased(t *testing.T) {
	options := testOptions()
	options.Consensus.CheckpointEntries = 4
	h := newHarness(t, options)
	h.persist()
	h.open(0)
	for i := range 40 {
		h.send(0, request("CLUSTER", "ADDSLOTS", strconv.Itoa(i)))
		h.persist()
		h.take(0)
		if held := len(h.records) - int(h.released); held > 12 {
			t.Fatalf("%d records are held after %d changes", held, i+1)
		}
	}
	h.base, h.records = h.released-1, h.records[h.released-1:]
	again := h.restart(testOptions())
	if owned := again.node.Owned(); owned.Len() != 40 {
		t.Errorf("owns %v", owned)
	}
}

// A node of a cluster whose voters cannot be reached asks them in vain, and says that it does not know what came of it.
func TestAClusterOfSeveralNodesIsNotChangedByOne(t *testing.T) {
	options := testOptions()
	options.RequireFullCoverage = false
	h := bootTwoNodes(t, options)
	if got := h.do(0, "CLUSTER ADDSLOTS 0"); got != "" {
		t.Errorf("got %q at once", got)
	}
	h.clock.Now += options.Consensus.ProposalTimeout
	h.step(&DeadlineReached{})
	if got := h.take(0); got != "-"+string(errUnknownOutcome)+"\r\n" {
		t.Errorf("got %q", got)
	}
	if len(h.records) != 1 || h.node.State().AssignedSlots() != 16383 {
		t.Errorf("%d records", len(h.records))
	}
}

func TestUnusableRecordsAreRefused(t *testing.T) {
	good := twoNodes(t)
	encoded := good.Append(nil)
	foreign := good
	foreign.Node[0] = 77
	for name, record := range map[string][]byte{
		"empty":            {},
		"truncated":        encoded[:len(encoded)-1],
		"trailing":         append(append([]byte(nil), encoded...), 0),
		"another kind":     append([]byte{9}, encoded[1:]...),
		"another version":  append([]byte{1, 9}, encoded[2:]...),
		"the first format": append([]byte{1, 1}, encoded[2:]...),
		"no node":          appendConsensusRecord(nil, good.State.Cluster, []byte{1}),
		"not its node":     foreign.Append(nil),
	} {
		if _, err := New(testOptions(), Recovered{Position: 1, Records: [][]byte{record}}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	decoded, err := DecodeRecord(encoded)
	if err != nil || string(decoded.Append(nil)) != string(encoded) {
		t.Errorf("a good record comes back as %v, %v", decoded, err)
	}
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add([]byte{recordKindNode, recordVersion})
	f.Fuzz(func(t *testing.T, data []byte) {
		record, err := DecodeRecord(data)
		if err != nil {
			return
		}
		if again := record.Append(nil); string(again) != string(data) {
			t.Fatalf("%x decodes and encodes as %x", data, again)
		}
	})
}

func TestUnusableOptionsAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Options){
		"no randomness":  func(o *Options) { o.Random = nil },
		"no port":        func(o *Options) { o.Announce.ClientPort = 0 },
		"no input":       func(o *Options) { o.Limits.QueryBuffer = 0 },
		"total too low":  func(o *Options) { o.Limits.QueryBuffers = o.Limits.QueryBuffer - 1 },
		"no burst":       func(o *Options) { o.Limits.ReplyBurst = 0 },
		"no streams":     func(o *Options) { o.Limits.Streams = 0 },
		"bad gossip":     func(o *Options) { o.Gossip.ProbeInterval = -1 },
		"no parked room": func(o *Options) { o.Limits.ParkedReplies = 0 },
	} {
		options := testOptions()
		spoil(&options)
		if _, err := New(options, Recovered{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestStepRefusesADriverThatBreaksTheContract(t *testing.T) {
	for name, breach := range map[string]func(*harness){
		"a second start":     func(h *harness) { h.step(&Start{}) },
		"a clock that falls": func(h *harness) { h.clock.Now--; h.step(&DeadlineReached{}) },
		"unknown records":    func(h *harness) { h.step(&Persisted{Position: 99}) },
		"a client twice":     func(h *harness) { h.open(0) },
	} {
		h := openHarness(t, testOptions())
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			breach(h)
		}()
	}
}

// The log fails while changes wait for it: those are refused, as are all later ones, and what needs no log goes on.
func TestLogFailure(t *testing.T) {
	options := testOptions()
	options.RequireFullCoverage = false
	h := newHarness(t, options)
	h.persist()
	h.open(0)
	h.open(1)
	h.send(0, request("CLUSTER", "ADDSLOTSRANGE", "0", "16000"))
	h.persist()
	h.take(0)
	h.send(0, request("CLUSTER", "ADDSLOTS", "16001")+request("SET", "k", "v"))
	h.send(1, request("MULTI")+request("CLUSTER", "ADDSLOTS", "16002")+request("PING")+request("EXEC"))
	records := len(h.records)
	h.step(&LogFailed{Reason: "No space left on device"})
	const refusal = "-MISCONF Errors writing to the AOF file: No space left on device\r\n"
	if got := h.take(0); got != refusal+"+OK\r\n" {
		t.Errorf("the client with a change under way got %q", got)
	}
	if got := h.take(1); got != "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n"+refusal+"+PONG\r\n" {
		t.Errorf("the transaction with a change under way got %q", got)
	}
	h.expect(0, "CLUSTER DELSLOTS 5", refusal)
	h.expect(0, "GET k", "$1\r\nv\r\n")
	if got := h.do(0, "INFO persistence"); !strings.Contains(got, "aof_last_write_status:err\r\n") {
		t.Errorf("INFO: %q", got)
	}
	h.persist() // of what was synced before the failure, and told late
	owned := h.node.Owned()
	if len(h.records) != records || owned.Len() != 16001 {
		t.Errorf("%d records, %d slots", len(h.records), owned.Len())
	}
}

// A node whose start is not durable must not be heard of.
func TestLogFailureAtStart(t *testing.T) {
	h := newHarness(t, testOptions())
	stopped := false
	h.stopped = func(command.StopOptions) { stopped = true }
	h.open(0)
	h.send(0, request("PING"))
	h.step(&LogFailed{Reason: "Input/output error"})
	if !stopped || h.take(0) != "" {
		t.Errorf("stopped: %v", stopped)
	}
}

func TestAChangeIsAnsweredByItsOwnRecordOnly(t *testing.T) {
	h := newHarness(t, testOptions())
	h.persist()
	h.open(0)
	h.open(1)
	h.send(0, request("CLUSTER", "ADDSLOTS", "5"))
	h.send(1, request("CLUSTER", "ADDSLOTS", "6"))
	h.step(&Persisted{Position: uint64(len(h.records) - 1)})
	if first, second := h.take(0), h.take(1); first != "+OK\r\n" || second != "" {
		t.Errorf("with the first record durable the clients are told %q and %q", first, second)
	}
	if owned := h.node.Owned(); owned.Len() != 1 {
		t.Errorf("owns %v", owned)
	}
}
