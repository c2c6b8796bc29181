package sim

import (
	"fmt"
	"io"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/transport/netsim"
)

// Config says what a world is made of. The zero value is usable.
type Config struct {
	// Seed decides everything that is left to chance.
	Seed uint64
	// Network is how the links between hosts behave. The zero value stands for netsim.DefaultProfile.
	Network netsim.Profile
	// Streams is how streams behave. The zero value stands for netsim.DefaultStreamProfile.
	Streams netsim.StreamProfile
	// Epoch is the wall time at virtual time 0, in Unix milliseconds. Default 2026-01-01.
	Epoch int64
	// Trace is where a line for every event and effect is written as it happens. Nil: nowhere.
	Trace io.Writer
	// Observe is called with every event and effect as it happens. The record is valid during the call only.
	Observe func(r *Record)
	// Window is how many of the latest events and effects WriteWindow can write. Default 256; negative: none.
	Window int
	// Journal, if not nil, takes the hash after each event; see Twice.
	Journal *Journal
	// Until is the number of the event after which the world stops, so that one can look at it. 0: it does not.
	Until uint64
}

const (
	defaultEpoch  = 1_767_225_600_000 // 2026-01-01T00:00:00Z
	defaultWindow = 256
	// maxSpins is how many deadlines in a row may be due to one host at one instant.
	maxSpins = 100_000
)

// A World holds all hosts, their network and their disks, and makes their time pass. Worlds share nothing: any number
// of them can run side by side, each in one goroutine at a time.
type World struct {
	config  Config
	queue   queue
	now     int64 // virtual time in nanoseconds; every item of the queue is due now or later
	network *netsim.Network
	hosts   []*Host
	// byNetwork are the hosts by their index in the network.
	byNetwork []*Host
	streams   map[string]*random.Stream

	inputs    []planned
	faults    []fault
	active    []int // numbers of the faults that are active, in the order in which they began
	protected []*Host
	begun     [faultKinds]int64 // faults that began, by kind

	hash    rollingHash
	events  uint64
	trace   trace
	checks  []check
	failure *Failure
	// running is the host whose process is being called, nil between calls: a panic meanwhile is that process's.
	running *Host
}

// New returns a world without hosts, at virtual time 0.
func New(config Config) *World {
	if config.Epoch == 0 {
		config.Epoch = defaultEpoch
	}
	if config.Window == 0 || config.Journal != nil {
		config.Window = defaultWindow
	}
	w := &World{config: config, hash: hashSeed, streams: map[string]*random.Stream{}}
	w.network = netsim.New(scheduler{w}, config.Seed)
	if config.Network != (netsim.Profile{}) {
		w.network.SetProfile(config.Network)
	}
	if config.Streams != (netsim.StreamProfile{}) {
		w.network.SetStreams(config.Streams)
	}
	w.trace = newTrace(config)
	return w
}

// scheduler is the world as its network sees it.
type scheduler struct{ world *World }

func (s scheduler) Now() time.Duration { return time.Duration(s.world.now) }

func (s scheduler) Schedule(at time.Duration, d netsim.Delivery) {
	s.world.queue.push(itemDelivery, item{at: int64(at), delivery: d})
}

// HostOptions says what is particular about one host. The zero value is usable.
type HostOptions struct {
	Address     netip.Addr    // default 10.0.0.1 and on, by order of AddHost
	ClockOffset time.Duration // what the monotonic clock reads at each start after a loss of power
	ClockDrift  int64         // parts per million by which the monotonic clock is fast, at most half a million either way
	WallOffset  time.Duration // how far the wall clock is ahead
	DiskLatency time.Duration // least time that a sync takes. Default disksim.DefaultTiming's
	DiskJitter  time.Duration // mean of what comes on top of it, exponentially distributed. Default likewise
	BootDelay   time.Duration // virtual time from AddHost to the first start
	// RestartDelay is the virtual time after which a host that called Host.Crash starts again.
	// 0: it stays down until a FaultRestart or until the world is healed.
	RestartDelay time.Duration
}

// AddHost adds a host. Its program starts when the world runs. Names consist of letters, digits, '.', '-' and '_',
// and are unique.
func (w *World) AddHost(name string, program Program, options HostOptions) *Host {
	switch {
	case !validName(name):
		panic(fmt.Sprintf("sim: %q cannot be the name of a host", name))
	case w.Host(name) != nil:
		panic(fmt.Sprintf("sim: there are two hosts %q", name))
	case program == nil:
		panic(fmt.Sprintf("sim: host %q has no program", name))
	}
	if !options.Address.IsValid() {
		number := len(w.hosts) + 1
		options.Address = netip.AddrFrom4([4]byte{10, byte(number >> 16), byte(number >> 8), byte(number)})
	}
	h := newHost(w, name, program, options)
	w.hosts = append(w.hosts, h)
	for len(w.byNetwork) <= h.network {
		w.byNetwork = append(w.byNetwork, nil)
	}
	if other := w.byNetwork[h.network]; other != nil {
		panic(fmt.Sprintf("sim: hosts %q and %q have the same address", other.name, name))
	}
	w.byNetwork[h.network] = h
	w.startAt(h, w.now+int64(options.BootDelay))
	return h
}

// Host returns the host of that name, nil if there is none.
func (w *World) Host(name string) *Host {
	for _, h := range w.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

// Hosts returns all hosts in the order of AddHost. The slice must not be changed.
func (w *World) Hosts() []*Host { return w.hosts }

// Network returns the network of the hosts, to give links profiles of their own and to read its counters.
func (w *World) Network() *netsim.Network { return w.network }

// Now returns the virtual time.
func (w *World) Now() time.Duration { return time.Duration(w.now) }

// Hash returns the rolling hash over every event and every effect so far: the same seed and configuration give the same.
func (w *World) Hash() uint64 { return uint64(w.hash) }

// Events returns how many events were handled so far: those of processes, starts of hosts, and faults.
func (w *World) Events() uint64 { return w.events }

// Random returns the random stream of that use. Calls with the same name return the same stream.
func (w *World) Random(use string) *random.Stream {
	stream := w.streams[use]
	if stream == nil {
		stream = random.Derive(w.config.Seed, use)
		w.streams[use] = stream
	}
	return stream
}

// A check is an invariant with its name.
type check struct {
	name string
	ask  func() error
}

// OnEvent adds an invariant, asked after every event in the order in which they were added. The first error is a
// violation, and ends the run. Host.OnEvent asks after the events of one host.
func (w *World) OnEvent(name string, ask func() error) { w.checks = append(w.checks, check{name, ask}) }

// Fail ends the run with a verdict that the caller has come to by a check of that name: what is wrong in the same way has
// the same name, whatever the detail. Only the first failure of a run counts.
func (w *World) Fail(verdict Verdict, check, detail string) {
	w.fail(w.running, verdict, check, detail, "")
}

func (w *World) fail(h *Host, verdict Verdict, check, detail, stack string) {
	if w.failure != nil {
		return
	}
	w.failure = &Failure{
		Verdict: verdict, Time: w.Now(), Event: w.events, Last: w.trace.lastEvent(), Check: check, Detail: detail, Stack: stack,
	}
	if h != nil {
		w.failure.Host = h.name
	}
	w.note(h, ActionFail, string(verdict)+": "+detail)
}

// Failure returns why the run ended early, nil if it has not.
func (w *World) Failure() *Failure { return w.failure }

// Ended reports whether nothing more will happen: the world has failed, or come to the event Config.Until.
func (w *World) Ended() bool {
	return w.failure != nil || w.config.Until > 0 && w.events >= w.config.Until
}

// Report returns what the world knows about the run. The caller adds the wall time, and a verdict if a checker of its
// own finds one.
func (w *World) Report(scenario string) Report {
	r := Report{
		Seed: w.config.Seed, Scenario: scenario, Hash: fmt.Sprintf("%016x", w.Hash()), Verdict: OK,
		VirtualTime: w.Now(), Events: w.events, Faults: map[string]int64{},
	}
	for kind, count := range w.begun {
		if count > 0 {
			r.Faults[FaultKind(kind).String()] = count
		}
	}
	if w.failure != nil {
		r.Verdict, r.Check, r.Detail = w.failure.Verdict, w.failure.Check, w.failure.Error()
	}
	return r
}

// Run lets the world run until the given virtual time, or until it fails.
func (w *World) Run(until time.Duration) { w.RunUntil(until, nil) }

// RunUntil lets the world run until the condition holds, and reports whether that came about within the limit of
// virtual time and before a failure. The condition is asked at once and after every step; nil never holds.
func (w *World) RunUntil(limit time.Duration, condition func() bool) bool {
	for !w.Ended() {
		if condition != nil && condition() {
			return true
		}
		if !w.queue.due(int64(limit)) {
			w.now = max(w.now, int64(limit))
			return false
		}
		w.steps(int64(limit), condition)
	}
	return false
}

// Step lets the next thing happen, which may be something that no process sees. It reports false if the world has failed
// or has nothing left to do.
func (w *World) Step() bool {
	if w.Ended() || w.queue.len() == 0 {
		return false
	}
	w.steps(never, func() bool { return true })
	return !w.Ended()
}

// steps lets things happen up to the limit, until the condition may hold or the world fails. One call of it catches
// one panic, so that the single steps need not.
func (w *World) steps(limit int64, condition func() bool) {
	defer w.catch()
	for !w.Ended() && w.queue.due(limit) {
		w.step(w.queue.pop())
		if condition != nil && condition() {
			return
		}
	}
}

// catch turns the panic of a process into the failure of the run. Panics of others pass.
func (w *World) catch() {
	h := w.running
	if h == nil {
		return
	}
	w.running = nil
	if cause := recover(); cause != nil {
		stack := string(debug.Stack())
		w.fail(h, Crashed, panicSite(stack), fmt.Sprintf("panic: %v", cause), stack)
	}
}

// panicSite returns the function in which a panic came about, from the stack that the deferred function sees.
func panicSite(stack string) string {
	_, frames, _ := strings.Cut(stack, "\npanic(")
	for line := range strings.Lines(frames) {
		call := strings.LastIndexByte(line, '(')
		if call <= 0 || line[0] == '\t' || strings.HasPrefix(line, "runtime.") || line[0] == '{' {
			continue
		}
		return line[strings.LastIndexByte(line[:call], '/')+1 : call]
	}
	return "panic"
}

// step lets one item of the queue happen.
func (w *World) step(it item) {
	w.now = it.at
	switch it.kind() {
	case itemDelivery:
		if host, ok := w.network.Arrive(it.delivery); ok {
			w.byNetwork[host].take(it)
		}
	case itemBoot:
		w.hosts[it.host].boot(it.token)
	case itemDeadline:
		w.hosts[it.host].look(it)
	case itemTimer:
		w.hosts[it.host].timerReached(it)
	case itemInput:
		w.inputReached(it)
	case itemFaultBegin:
		w.beginFault(int(it.token))
	case itemFaultEnd:
		w.endFault(int(it.token))
	case itemWake:
		w.hosts[it.host].woken(it.token)
	}
}

// ask asks the invariants until one does not hold.
func (w *World) ask(h *Host, checks []check) {
	for i := range checks {
		if err := checks[i].ask(); err != nil {
			w.fail(h, Violation, checks[i].name, err.Error(), "")
			break
		}
	}
}

// eventDone ends an event: it asks the invariants and keeps the hash.
func (w *World) eventDone(h *Host) {
	if len(w.checks) > 0 {
		w.ask(h, w.checks)
	}
	if h != nil && len(h.checks) > 0 {
		w.ask(h, h.checks)
	}
	if w.config.Journal != nil {
		w.config.Journal.eventDone(w)
	}
	w.trace.latest.event.Data = nil
}
