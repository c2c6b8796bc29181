package sim

import (
	"cmp"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disksim"
	"github.com/ember-cluster/ember/transport"
)

// A Host is one machine: an address, clocks, a disk, and a process while it is up.
//
//	         boot                    FaultPause
//	down ──────────────► up ─────────────────────────► paused
//	 ▲                   │  ◄─────────────────────────  │
//	 │  crash, kill,     │       end of the fault       │
//	 └─ wipe, Crash ─────┴──────────────────────────────┘
type Host struct {
	world   *World
	name    string
	index   int32
	network int // index in the network
	program Program
	options HostOptions
	disk    *disksim.Disk
	checks  []check

	// process is what runs, nil while the host is down.
	process Process
	boots   int
	// release is what the latest upgrade has put in place.
	release int
	// starting is set while a start is scheduled.
	starting bool
	// starts counts what makes a scheduled start obsolete. Invariant: an itemBoot with another number does nothing.
	starts uint64
	// downs counts the active faults that keep the host down. Invariant: a host does not start while it is positive.
	downs int
	// powerless is set when the host went down by losing power, so that its clock starts anew.
	powerless bool
	// exiting is set by Crash until the process's Handle returns.
	exiting bool

	clock     monotonicClock
	wallAhead int64 // nanoseconds by which the wall clock is ahead

	paused int           // active faults that pause the host
	slow   time.Duration // what handling an event takes
	busy   int64         // world time until which the host handles its latest event

	// backlog is what arrived while the host was paused or busy, in order of arrival.
	backlog backlog
	// wakes numbers itemWakes. waking is set while one is scheduled, and its number is wakes.
	wakes  uint64
	waking bool

	deadline deadline
	timers   timers
}

func newHost(w *World, name string, program Program, options HostOptions) *Host {
	timing := disksim.Timing{
		Minimum: cmp.Or(options.DiskLatency, disksim.DefaultTiming.Minimum),
		Mean:    cmp.Or(options.DiskJitter, disksim.DefaultTiming.Mean),
	}
	return &Host{
		world: w, name: name, index: int32(len(w.hosts)), network: w.network.Host(options.Address),
		program: program, options: options,
		disk: disksim.NewTimed(func(use string) *random.Moments {
			return random.DeriveMoments(w.config.Seed, "disk/"+use+"/"+name)
		}, w.Now, timing),
		clock:     newMonotonicClock(w.now, options.ClockOffset, options.ClockDrift),
		wallAhead: int64(options.WallOffset),
		deadline:  deadline{at: Never},
		timers:    timers{free: -1},
	}
}

// validName reports whether a host may have that name, which appears in plans and traces.
func validName(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return name != ""
}

// Name returns the name given to AddHost.
func (h *Host) Name() string { return h.name }

// Address returns the host's IP address.
func (h *Host) Address() netip.Addr { return h.options.Address }

// Now reads the host's monotonic clock. It starts anew, near 0, when the host starts after having lost power.
func (h *Host) Now() time.Duration { return h.clock.read(h.world.now) }

// Wall reads the host's wall clock, in Unix milliseconds.
func (h *Host) Wall() int64 {
	return h.world.config.Epoch + floorDivide(h.world.now+h.wallAhead, int64(time.Millisecond))
}

// floorDivide rounds down, also below zero.
func floorDivide(a, b int64) int64 {
	quotient := a / b
	if a%b < 0 {
		quotient--
	}
	return quotient
}

// Random returns the random stream of that use on this host, "use/name". Calls with the same use return the same stream,
// which goes on over restarts.
func (h *Host) Random(use string) *random.Stream { return h.world.Random(use + "/" + h.name) }

// Moments returns the random streams of that use on this host, "use/name", one for each instant of virtual time.
func (h *Host) Moments(use string) *random.Moments {
	return random.DeriveMoments(h.world.config.Seed, use+"/"+h.name)
}

// Listen returns a bus at a port of this host. What arrives there comes as events with that port.
func (h *Host) Listen(port uint16) transport.Bus {
	s := &socket{host: h, port: port}
	s.endpoint = h.world.network.Attach(netip.AddrPortFrom(h.options.Address, port), s)
	return s
}

// Disk returns the host's disk. In a crash it loses a part of what was not synced, and what is open is closed.
func (h *Host) Disk() storage.Directory { return directory{h} }

// SimulatedDisk returns the disk itself, for checkers and tests, which may look at it without leaving a trace.
func (h *Host) SimulatedDisk() *disksim.Disk { return h.disk }

// DiskLatency draws how long a sync takes that begins now. Syncs of the simulated disk return at once: a process that
// wants them to take time lets this much pass (After) before it calls Sync.
func (h *Host) DiskLatency() time.Duration { return h.disk.Latency() }

// After sets a timer: an EventTimer with this token comes when d has passed by the host's monotonic clock,
// unless the host goes down before. Any number of timers can be set.
func (h *Host) After(d time.Duration, token uint64) {
	due := h.Now() + max(d, 0)
	h.effect(&effect{action: ActionSetTimer, due: due, token: token})
	h.setTimer(due, token)
}

// Crash ends the process when its Handle or Boot returns, as if it had exited by itself. The disk keeps what was
// written. See HostOptions.RestartDelay.
func (h *Host) Crash(reason string) {
	h.world.note(h, ActionExit, reason)
	if h.world.running == h {
		h.exiting = true
	} else if h.process != nil {
		h.exit()
	}
}

// Up reports whether a process runs on the host, paused or not.
func (h *Host) Up() bool { return h.process != nil }

// Paused reports whether the host is paused.
func (h *Host) Paused() bool { return h.paused > 0 }

// Boots returns how often the host has started.
func (h *Host) Boots() int { return h.boots }

// Release returns which release of its program the host runs, 0 before the first FaultUpgrade. What differs from one to another,
// such as settings or a format, is the program's own affair.
func (h *Host) Release() int { return h.release }

// Process returns the process that runs, nil while the host is down. It is for invariants and tests.
func (h *Host) Process() Process { return h.process }

// World returns the world that the host is in. It is for invariants and tests: a process must not look beyond its host.
func (h *Host) World() *World { return h.world }

// OnEvent adds an invariant, asked after every event of this host. An error is a violation, and ends the run.
func (h *Host) OnEvent(name string, ask func() error) { h.checks = append(h.checks, check{name, ask}) }

// Tracing reports whether somebody reads the trace as it is written. Tracef formats only then, but its arguments are
// made in any case: ask first where that costs.
func (h *Host) Tracing() bool { return h.world.trace.watched() }

// Tracef adds a line to the trace, if somebody reads it. It has no influence on the hash.
func (h *Host) Tracef(format string, args ...any) { h.world.tracef(h, format, args...) }
