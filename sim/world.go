package sim

import (
	"io"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/netsim"
)

// Config says what a world is made of.
type Config struct {
	Seed    uint64
	Network netsim.Profile // links between hosts; the zero value stands for netsim.DefaultProfile()
	// Epoch is the wall time at virtual time 0, in Unix milliseconds. Default 2026-01-01.
	Epoch int64
	// Trace is where a line per event and effect is written, as they happen. Nil: nowhere.
	Trace io.Writer
	// Window is how many of the latest events and effects are kept for WriteWindow. Default 256; negative: none.
	Window int
	// Journal, if not nil, takes the hash after each event; see Twice.
	Journal *Journal
}

// HostOptions says what is particular about one host.
type HostOptions struct {
	Address     netip.Addr    // default 10.0.0.1 and on, by order of AddHost
	ClockOffset time.Duration // what the monotonic clock reads at the start of the world
	ClockDrift  int64         // parts per million by which the monotonic clock is fast
	WallOffset  time.Duration // how far the wall clock is ahead
	DiskLatency time.Duration // least time of a sync. Default 100 µs
	DiskJitter  time.Duration // mean of what comes on top of it, exponentially distributed. Default 100 µs
	BootDelay   time.Duration // virtual time from AddHost to the first start
	// RestartDelay is the virtual time after which a host that called Host.Crash starts again. 0: it stays down
	// until a FaultRestart or Heal.
	RestartDelay time.Duration
}

// A World holds all hosts, their network and their disks, and makes their time pass. Worlds share nothing: any number
// of them can run side by side, each in one goroutine at a time.
type World struct{}

func New(config Config) *World { return &World{} }

// AddHost adds a host, whose program starts when the world runs.
func (w *World) AddHost(name string, program Program, options HostOptions) *Host { return nil }

// Host returns the host of that name, nil if there is none.
func (w *World) Host(name string) *Host { return nil }

// Hosts returns all hosts in the order of AddHost.
func (w *World) Hosts() []*Host { return nil }

// Load schedules the faults and inputs of a plan. Hosts that it names must exist.
func (w *World) Load(plan Plan) error { return nil }

// Run lets the world run until the given virtual time, or until it fails.
func (w *World) Run(until time.Duration) {}

// RunUntil lets the world run until the condition, asked after every event, is true, and reports whether it became
// true before the limit of virtual time, and before a failure.
func (w *World) RunUntil(limit time.Duration, condition func() bool) bool { return false }

// Step handles the next event. It reports false if the world has failed or nothing is left to do.
func (w *World) Step() bool { return false }

// Heal ends every fault that is active, and cancels all that are still to come. Hosts that are down start.
func (w *World) Heal() {}

// HealAmong heals the named hosts and the links between them, and nothing else.
func (w *World) HealAmong(hosts ...string) {}

// Apply begins a fault now; its At is ignored.
func (w *World) Apply(f Fault) error { return nil }

// OnEvent adds an invariant, asked after every event: an error is a violation, and ends the run.
func (w *World) OnEvent(check func() error) {}

// Fail ends the run with a verdict, as a violation found by the caller.
func (w *World) Fail(verdict Verdict, detail string) {}

// Failure returns why the run ended early, nil if it did not.
func (w *World) Failure() *Failure { return nil }

// Hash returns the rolling hash over every event and effect so far.
func (w *World) Hash() uint64 { return 0 }

// Events returns how many events were handled so far.
func (w *World) Events() uint64 { return 0 }

// Now returns the virtual time.
func (w *World) Now() time.Duration { return 0 }

// Random returns the random stream of that use; calls with the same name give one stream.
func (w *World) Random(use string) *random.Stream { return nil }

// Report returns what is known about the run; the caller completes it.
func (w *World) Report(scenario string) Report { return Report{} }

// Tracef adds a line of the world's own to the trace, if there is one.
func (w *World) Tracef(format string, args ...any) {}

// WriteWindow writes the latest events and effects, a line each.
func (w *World) WriteWindow(to io.Writer) error { return nil }

// A Host is one machine: an address, clocks, a disk, and a process if it is up.
type Host struct{}

// Name returns the name given to AddHost.
func (h *Host) Name() string { return "" }

// Address returns the host's IP address.
func (h *Host) Address() netip.Addr { return netip.Addr{} }

// Now reads the host's monotonic clock. It starts anew, near 0, when the host starts after losing power.
func (h *Host) Now() time.Duration { return 0 }

// Wall reads the host's wall clock, in Unix milliseconds.
func (h *Host) Wall() int64 { return 0 }

// Random returns the random stream of that use on this host; calls with the same name give one stream, which goes on over restarts.
func (h *Host) Random(use string) *random.Stream { return nil }

// Listen returns a bus at a port of this host. What arrives there comes as events with that port.
func (h *Host) Listen(port uint16) transport.Bus { return nil }

// Disk returns the host's disk. Bytes that are not synced are lost in a crash.
func (h *Host) Disk() storage.Directory { return nil }

// DiskLatency draws how long a sync takes now. Syncs of the simulated disk return at once: a process that wants to see
// them take time waits that long (After) before it believes them.
func (h *Host) DiskLatency() time.Duration { return 0 }

// After sets a timer: an EventTimer with this token comes when d has passed by the host's monotonic clock, unless the host crashes before.
func (h *Host) After(d time.Duration, token uint64) {}

// Crash ends the process when its Handle returns, as if it had exited by itself.
func (h *Host) Crash(reason string) {}

// Up reports whether a process runs on the host.
func (h *Host) Up() bool { return false }

// Paused reports whether the host is paused.
func (h *Host) Paused() bool { return false }

// Boots returns how often the host has started.
func (h *Host) Boots() int { return 0 }

// Process returns the process that runs, nil if the host is down. For invariants and tests.
func (h *Host) Process() Process { return nil }

// Tracing reports whether somebody reads the trace as it is written. Tracef formats only then.
func (h *Host) Tracing() bool { return false }

// Tracef adds a line to the trace, if it is being written.
func (h *Host) Tracef(format string, args ...any) {}

// Journal keeps the hash after each event.
type Journal struct{}

// A Divergence names the first event at which two runs of one configuration differ.
type Divergence struct {
	Event         uint64
	First, Second string
}

// Twice runs a configuration twice and returns the first event that differs, nil if none does. Run must build its
// world with Config.Journal set to the journal that it is given.
func Twice(run func(j *Journal)) *Divergence { return nil }
