package view

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// A Recorder records one world. Its Observe goes into sim.Config.Observe.
type Recorder struct {
	world *sim.World
	hosts map[netip.Addr]int // by address: index in the world
	told  []told             // by host: what is known of it

	chunk Chunk
	texts map[string]int
	count int // records so far
	pairs pairing
	// streams number connections. Both ends of one have the same number.
	streams map[uint64]int
	// faults are those that are active, in the order in which they began, as they are written.
	faults      []activeFault
	faultsBegun int

	time  time.Duration // of the latest record
	event uint64        // of the latest record
	host  *sim.Host     // of the latest event, nil: the world
	facts Facts
}

type activeFault struct {
	number int
	text   string
}

// told is what the page has been told of a host.
type told struct {
	facts      []fact
	share      []int
	operations int   // how many it knows
	open       []int // those of them that have not ended
}

// NewRecorder returns a recorder that has seen nothing yet.
func NewRecorder() *Recorder {
	return &Recorder{
		hosts: map[netip.Addr]int{}, texts: map[string]int{"": 0}, streams: map[uint64]int{}, pairs: newPairing(),
		chunk: Chunk{Texts: []string{""}},
	}
}

// World returns the world that is recorded, nil before its first event.
func (r *Recorder) World() *sim.World { return r.world }

// Observe takes a record. What processes tell of themselves is asked when the event after theirs begins.
func (r *Recorder) Observe(record *sim.Record) {
	if r.world == nil && record.Host != nil {
		r.world = record.Host.World()
	}
	r.addHosts()
	if record.Event != r.event {
		r.sample()
		r.event, r.host = record.Event, record.Host
	}
	r.add(record)
	switch record.Action {
	case sim.ActionFault:
		r.beginFault(record)
	case sim.ActionFaultEnd:
		r.endFault(record)
	}
	r.time = record.Time
}

// addHosts adds the hosts that are new.
func (r *Recorder) addHosts() {
	if r.world == nil {
		return
	}
	for _, h := range r.world.Hosts()[len(r.told):] {
		r.hosts[h.Address()] = len(r.told)
		r.told = append(r.told, told{})
		r.chunk.Hosts = append(r.chunk.Hosts, h.Name())
	}
}

// add adds a record to the columns.
func (r *Recorder) add(record *sim.Record) {
	columns := &r.chunk.Records
	previous := r.chunk.Events
	columns.Time = append(columns.Time, int64(record.Time-r.time))
	columns.Event = append(columns.Event, record.Event-previous)
	columns.Host = append(columns.Host, r.index(record.Host))
	columns.Action = append(columns.Action, int(record.Action))
	columns.Peer = append(columns.Peer, r.peer(record))
	columns.Stream = append(columns.Stream, r.stream(record))
	columns.Text = append(columns.Text, r.text(record.Detail()))
	r.chunk.Events = record.Event
	r.pairs.add(r, r.count, record)
	r.count++
}

func (r *Recorder) index(h *sim.Host) int {
	if h == nil {
		return -1
	}
	return r.hosts[h.Address()]
}

// peer returns the other host of a record, -1 if it has none or nobody is there.
func (r *Recorder) peer(record *sim.Record) int {
	if i, ok := r.hosts[record.Peer.Addr()]; ok {
		return i
	}
	return -1
}

func (r *Recorder) stream(record *sim.Record) int {
	if record.Stream == 0 {
		return 0
	}
	key := uint64(record.Stream &^ 1)
	number, ok := r.streams[key]
	if !ok {
		number = len(r.streams) + 1
		r.streams[key] = number
	}
	return number
}

func (r *Recorder) text(text string) int {
	number, ok := r.texts[text]
	if !ok {
		number = len(r.texts)
		r.texts[text] = number
		r.chunk.Texts = append(r.chunk.Texts, text)
	}
	return number
}

func (r *Recorder) beginFault(record *sim.Record) {
	f, err := sim.ParseFault(record.Text)
	if err != nil {
		panic(fmt.Sprintf("view: the world tells of a fault that is none: %v", err))
	}
	if !f.Kind.Instant() {
		r.faults = append(r.faults, activeFault{r.faultsBegun, record.Text})
	}
	r.faultsBegun++
	r.chunk.Faults = append(r.chunk.Faults, fault{
		Time: int64(record.Time), Kind: f.Kind.String(), Text: record.Text, Instant: f.Kind.Instant(),
		Hosts: r.named(f.Hosts), Peers: r.named(f.Peers),
	})
}

// endFault ends the oldest active fault that is written in this way.
func (r *Recorder) endFault(record *sim.Record) {
	i := slices.IndexFunc(r.faults, func(f activeFault) bool { return f.text == record.Text })
	if i < 0 {
		panic(fmt.Sprintf("view: fault %q ends and never began", record.Text))
	}
	r.chunk.FaultEnds = append(r.chunk.FaultEnds, faultEnd{r.faults[i].number, int64(record.Time)})
	r.faults = slices.Delete(r.faults, i, i+1)
}

// named returns the hosts of some names.
func (r *Recorder) named(names []string) []int {
	numbers := make([]int, 0, len(names))
	for _, name := range names {
		if r.world != nil {
			numbers = append(numbers, r.index(r.world.Host(name)))
		}
	}
	return numbers
}

// Take returns what was recorded since the last call, up to the present instant.
func (r *Recorder) Take() Chunk {
	if r.world != nil {
		r.sampleAll()
		r.takeOperations()
		r.chunk.Now, r.chunk.Hash = int64(r.world.Now()), fmt.Sprintf("%016x", r.world.Hash())
	}
	taken := r.chunk
	r.chunk = Chunk{Events: taken.Events}
	return taken
}
