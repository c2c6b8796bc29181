package consensus_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/transport"
)

const (
	port      = 7000
	hostCount = 5
)

// journal is a state machine: the proposals, in order, and who is told of each.
type journal struct {
	items   []string
	applied func(index uint64, data []byte)
}

func (j *journal) Apply(index uint64, data []byte) []byte {
	j.items = append(j.items, string(data))
	j.applied(index, data)
	return fmt.Append(nil, len(j.items))
}

func (j *journal) AppendState(dst []byte) []byte { return append(dst, strings.Join(j.items, "\n")...) }
func (j *journal) CheckState([]byte) error       { return nil }
func (j *journal) Restore(data []byte) {
	j.items = nil
	if len(data) > 0 {
		j.items = strings.Split(string(data), "\n")
	}
}

// world is one simulated group and what is known about it from outside.
type world struct {
	sim    *sim.World
	safety consensus.Safety
	broken error
	// asked are the proposals that were made, answered those that were said to be applied.
	asked    int
	answered map[string]uint64
}

func (w *world) fail(err error) {
	if w.broken == nil {
		w.broken = err
	}
}

func (w *world) machines() []*consensus.Machine {
	var up []*consensus.Machine
	for _, h := range w.sim.Hosts() {
		if p, ok := h.Process().(*process); ok && p.machine != nil {
			up = append(up, p.machine)
		}
	}
	return up
}

// process is a node: the machine, a log on the simulated disk, and datagrams and streams to the others.
type process struct {
	world   *world
	host    *sim.Host
	id      wire.NodeID
	bus     transport.Bus
	machine *consensus.Machine
	state   *journal
	log     *storage.Log
	base    uint64 // position in the log of the machine's record 0
	syncing bool
	streams map[wire.NodeID]transport.StreamID
	buffers map[transport.StreamID][]byte
}

func idOf(index int) (id wire.NodeID) {
	id[19] = byte(index + 1)
	return id
}

func addressOf(index int) transport.Address {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(index + 1)}), port)
}

func (w *world) program(index int) sim.ProgramFunc {
	return func(h *sim.Host) sim.Process {
		p := &process{
			world: w, host: h, id: idOf(index), bus: h.Listen(port),
			streams: map[wire.NodeID]transport.StreamID{}, buffers: map[transport.StreamID][]byte{},
		}
		p.state = &journal{applied: func(i uint64, data []byte) {
			if err := w.safety.Applied(i, data); err != nil {
				w.fail(err)
			}
		}}
		if err := p.open(index); err != nil {
			h.Crash(err.Error())
			return p
		}
		voters := make([]wire.NodeID, hostCount)
		for i := range voters {
			voters[i] = idOf(i)
		}
		p.machine.SetVoters(voters)
		p.machine.SetPeers(voters)
		p.settle()
		return p
	}
}

func config() consensus.Config {
	c := consensus.DefaultConfig()
	c.CheckpointEntries, c.KeepEntries, c.ChunkBytes = 20, 5, 500
	return c
}

func (p *process) open(index int) error {
	var records [][]byte
	log, err := storage.OpenLog(p.host.Disk(), storage.LogOptions{
		Name: "raft", SegmentSize: 4 << 10,
		Recover: func(_ uint64, record []byte) error {
			records = append(records, bytes.Clone(record))
			return nil
		},
	})
	if err != nil {
		return err
	}
	p.log, p.base = log, log.Last()
	if index == 0 && len(records) == 0 {
		p.machine = consensus.Bootstrap(config(), p.host.Now(), p.id, p.state, p.host.Random("raft"))
		return nil
	}
	p.machine, err = consensus.New(config(), p.host.Now(), p.id, p.state, p.host.Random("raft"), records)
	return err
}

func (p *process) NextDeadline() time.Duration {
	if p.machine == nil {
		return sim.Never
	}
	return p.machine.NextDeadline()
}

func (p *process) Handle(e sim.Event) {
	if p.machine == nil {
		return
	}
	now := p.host.Now()
	switch e.Kind {
	case sim.EventDatagram:
		p.receive(e.Data)
	case sim.EventStreamData:
		p.streamData(e.Stream, e.Data)
	case sim.EventStreamClosed:
		p.streamClosed(e.Stream)
	case sim.EventDeadline:
		p.machine.Advance(now)
	case sim.EventTimer:
		p.sync(e.Token)
	case sim.EventInput:
		var id consensus.ProposalID
		copy(id[:], e.Args[0])
		p.world.asked++
		if err := p.machine.Propose(now, id, []byte(e.Args[0])); err != nil {
			p.world.fail(err)
		}
	}
	p.settle()
}

func (p *process) receive(data []byte) {
	envelope, err := wire.OpenDatagram(data)
	if err == nil {
		p.take(envelope)
	}
}

func (p *process) take(envelope wire.Envelope) {
	err := p.machine.Receive(p.host.Now(), envelope.Sender, envelope.Payload)
	var refusal *consensus.Error
	if err != nil && !errors.As(err, &refusal) {
		p.world.fail(err) // the envelope's checksum has let it pass, so an honest machine wrote it
	}
}

func (p *process) streamData(id transport.StreamID, data []byte) {
	buffer := append(p.buffers[id], data...)
	for {
		envelope, size, err := wire.Open(buffer, wire.MaxFrame-wire.Overhead)
		if err != nil {
			p.world.fail(err)
			return
		}
		if size == 0 {
			break
		}
		p.take(envelope)
		buffer = buffer[size:]
	}
	p.buffers[id] = bytes.Clone(buffer)
}

func (p *process) streamClosed(id transport.StreamID) {
	delete(p.buffers, id)
	for i := range hostCount {
		if p.streams[idOf(i)] == id {
			delete(p.streams, idOf(i))
		}
	}
}

// settle carries out what the machine wants.
func (p *process) settle() {
	out := p.machine.Take()
	if err := p.machine.Check(); err != nil {
		p.world.fail(err)
	}
	if err := p.world.safety.Observe(p.machine, p.world.machines()); err != nil {
		p.world.fail(err)
	}
	for _, r := range out.Records {
		if position, err := p.log.Append(r.Bytes); err != nil || position != p.base+r.Position {
			p.host.Crash(fmt.Sprint("append: ", err))
			return
		}
		if r.Restart {
			p.host.After(time.Second, r.Position|releaseToken)
		}
	}
	if len(out.Records) > 0 && !p.syncing {
		p.syncing = true
		p.host.After(p.host.DiskLatency(), 0)
	}
	for _, send := range out.Sends {
		p.send(send)
	}
	for _, a := range out.Answers {
		if a.Applied {
			p.world.answered[strings.TrimRight(string(a.ID[:]), "\x00")] = a.Index
		}
	}
}

// releaseToken marks timers that release the log up to a record.
const releaseToken = 1 << 40

func (p *process) sync(token uint64) {
	if token&releaseToken != 0 {
		if position := p.base + token&^releaseToken; position <= p.log.Durable() {
			if err := p.log.Release(position); err != nil {
				p.host.Crash(err.Error())
			}
		}
		return
	}
	p.syncing = false
	upTo, err := p.log.Sync()
	if err != nil {
		p.host.Crash(err.Error())
		return
	}
	p.machine.Persisted(p.host.Now(), upTo-p.base)
	if p.log.Last() > upTo {
		p.syncing = true
		p.host.After(p.host.DiskLatency(), 0)
	}
}

func (p *process) send(send consensus.Send) {
	envelope := wire.Envelope{Kind: 9, Sender: p.id, Payload: send.Payload}
	index := int(send.To[19]) - 1
	if !send.Reliable {
		p.bus.SendDatagram(addressOf(index), envelope.Append(nil))
		return
	}
	stream, open := p.streams[send.To]
	if !open {
		stream = p.bus.OpenStream(addressOf(index))
		p.streams[send.To] = stream
	}
	p.bus.SendStream(stream, envelope.Append(nil))
}

// newWorld draws a group's faults and proposals from the seed.
func newWorld(seed uint64, journal *sim.Journal) *world {
	w := &world{answered: map[string]uint64{}}
	w.sim = sim.New(sim.Config{Seed: seed, Journal: journal})
	var names []string
	for i := range hostCount {
		name := fmt.Sprint("n", i+1)
		names = append(names, name)
		w.sim.AddHost(name, w.program(i), sim.HostOptions{RestartDelay: 500 * time.Millisecond})
	}
	w.sim.OnEvent("raft", func() error { return w.broken })
	source := random.Derive(seed, "proposals")
	plan := sim.Plan{Faults: faults().Draw(seed, sim.FaultTargets{Hosts: names, From: 2 * time.Second, Until: 30 * time.Second})}
	for i := range 150 {
		plan.Inputs = append(plan.Inputs, sim.Input{
			At: 2*time.Second + source.Duration(0, 28*time.Second), Host: names[source.IntN(hostCount)], Args: []string{fmt.Sprint("item", i)},
		})
	}
	if err := w.sim.Load(plan); err != nil {
		panic(err)
	}
	return w
}

// faults are those of the framework, and a disk that fails to write and to sync now and then, or is full.
func faults() sim.FaultMix {
	return append(sim.DefaultFaultMix(),
		sim.FaultClass{Kind: sim.FaultDiskSyncError, On: 300_000, Every: 10 * time.Second, Shortest: time.Second, Longest: 3 * time.Second, Least: 100_000, Most: 500_000},
		sim.FaultClass{Kind: sim.FaultDiskWriteError, On: 300_000, Every: 10 * time.Second, Shortest: time.Second, Longest: 3 * time.Second, Least: 100_000, Most: 500_000},
		sim.FaultClass{Kind: sim.FaultDiskFull, On: 200_000, Every: 15 * time.Second, Shortest: time.Second, Longest: 3 * time.Second})
}

// settled reports whether all nodes are voters and have the same.
func (w *world) settled() bool {
	up := w.machines()
	for _, m := range up {
		s := m.Status()
		if s.ID == 0 || len(s.Voters) != hostCount || s.Applied != up[0].Status().Commit || m.Leader().IsZero() {
			return false
		}
	}
	return len(up) == hostCount
}

func (w *world) verify(t *testing.T) {
	t.Helper()
	if failure := w.sim.Failure(); failure != nil {
		var window strings.Builder
		_ = w.sim.WriteWindow(&window)
		t.Fatalf("%v\n%s", failure, lastLines(window.String(), 30))
	}
	if !w.settled() {
		for _, m := range w.machines() {
			t.Log(m)
		}
		t.Fatal("the group does not come to rest")
	}
	var first []string
	for _, h := range w.sim.Hosts() {
		items := h.Process().(*process).state.items
		if first == nil {
			first = items
		}
		if !slices.Equal(items, first) {
			t.Fatalf("%s has %q, others %q", h.Name(), items, first)
		}
	}
	sorted := slices.Sorted(slices.Values(first))
	if len(slices.Compact(sorted)) != len(first) {
		t.Fatalf("applied twice: %q", first)
	}
	for item := range w.answered { //unordered: each is judged alone
		if !slices.Contains(first, item) {
			t.Fatalf("%s was answered and is lost", item)
		}
	}
}

func lastLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func (w *world) run() {
	w.sim.Run(30 * time.Second)
	w.sim.Heal()
	w.sim.RunUntil(60*time.Second, w.settled)
}

// Five nodes in the simulator, with crashes, loss, partitions, pauses and failing disks: raft's promises hold at every
// step, what was answered is there, and once the world is healed the group comes to rest.
func TestSimulatedGroup(t *testing.T) {
	answered, asked := 0, 0
	for seed := range uint64(12) {
		w := newWorld(seed, nil)
		w.run()
		w.verify(t)
		answered += len(w.answered)
		asked += w.asked
	}
	if answered < asked/2 {
		t.Errorf("of %d proposals %d were answered", asked, answered)
	}
	t.Logf("%d of %d proposals were answered", answered, asked)
}

// One seed, one history, though raft draws from the operating system's entropy inside.
func TestSimulationRepeats(t *testing.T) {
	for seed := range uint64(3) {
		divergence := sim.Twice(func(j *sim.Journal) {
			w := newWorld(seed, j)
			w.run()
			w.verify(t)
		})
		if divergence != nil {
			t.Errorf("seed %d gave two histories: %v", seed, divergence)
		}
	}
}
