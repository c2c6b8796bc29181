package cluster

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/netsim"
)

// bug is what is wrong with a naive server.
type bug int

const (
	noBug          bug = iota
	watchIsIgnored     // EXEC runs although a watched key has changed
	lastIsLost         // EXEC answers for its last command, and forgets it
	halfIsLate         // EXEC runs its last command only after the next command of somebody
	discardRuns        // DISCARD runs the queue
	abortRuns          // EXEC runs what was queued, though a command was refused
	bugCount
)

// naiveServer is a server of a few commands as simple as can be, with or without a bug.
type naiveServer struct {
	bug      bug
	bus      transport.Bus
	data     map[string]string
	versions map[string]int // how often a key was set
	late     []string       // what halfIsLate still has to run
	sessions map[transport.StreamID]*naiveSession
}

type naiveSession struct {
	parser  resp.Parser
	buffer  []byte
	watched map[string]int
	open    bool
	failed  bool
	queue   [][]string
}

func (s *naiveServer) NextDeadline() time.Duration { return sim.Never }

func (s *naiveServer) Handle(e sim.Event) {
	if e.Kind != sim.EventStreamData {
		return
	}
	session := s.sessions[e.Stream]
	if session == nil {
		session = &naiveSession{watched: map[string]int{}}
		s.sessions[e.Stream] = session
	}
	session.buffer = append(session.buffer, e.Data...)
	for {
		args, size, err := session.parser.Next(session.buffer)
		if err != nil {
			panic(err)
		}
		if size == 0 {
			return
		}
		words := make([]string, len(args))
		for i := range args {
			words[i] = string(args[i])
		}
		session.buffer = append([]byte(nil), session.buffer[size:]...)
		s.bus.SendStream(e.Stream, []byte(s.command(session, words)))
	}
}

func (s *naiveServer) command(session *naiveSession, args []string) string {
	if late := s.late; late != nil && !session.open {
		defer s.run(late)
		s.late = nil
	}
	switch args[0] {
	case "WATCH":
		for _, key := range args[1:] {
			session.watched[key] = s.versions[key]
		}
		return "+OK\r\n"
	case "UNWATCH":
		clear(session.watched)
		return "+OK\r\n"
	case "MULTI":
		session.open, session.failed, session.queue = true, false, nil
		return "+OK\r\n"
	case "DISCARD":
		if s.bug == discardRuns {
			s.runAll(session.queue)
		}
		session.open = false
		return "+OK\r\n"
	case "EXEC":
		return s.exec(session)
	}
	switch {
	case session.open && args[0] == "GET" && len(args) != 2:
		session.failed = true
		return "-ERR wrong number of arguments for 'get' command\r\n"
	case session.open:
		session.queue = append(session.queue, args)
		return "+QUEUED\r\n"
	}
	return s.run(args)
}

func (s *naiveServer) exec(session *naiveSession) string {
	session.open = false
	changed := false
	for key, version := range session.watched {
		changed = changed || s.versions[key] != version
	}
	clear(session.watched)
	switch {
	case session.failed:
		if s.bug == abortRuns {
			s.runAll(session.queue)
		}
		return "-EXECABORT Transaction discarded because of previous errors.\r\n"
	case changed && s.bug != watchIsIgnored:
		return "*-1\r\n"
	}
	last := len(session.queue) - 1
	if last > 0 && (s.bug == lastIsLost || s.bug == halfIsLate) {
		if s.bug == halfIsLate {
			s.late = session.queue[last]
		}
		return fmt.Sprintf("*%d\r\n", last+1) + s.runAll(session.queue[:last]) + "+OK\r\n"
	}
	return fmt.Sprintf("*%d\r\n", last+1) + s.runAll(session.queue)
}

func (s *naiveServer) runAll(commands [][]string) (replies string) {
	for _, args := range commands {
		replies += s.run(args)
	}
	return replies
}

func (s *naiveServer) run(args []string) string {
	bulk := func(key string) string {
		if value, ok := s.data[key]; ok {
			return fmt.Sprintf("$%d\r\n%s\r\n", len(value), value)
		}
		return "$-1\r\n"
	}
	switch args[0] {
	case "SET":
		s.data[args[1]] = args[2]
		s.versions[args[1]]++
		return "+OK\r\n"
	case "GET":
		return bulk(args[1])
	case "MGET":
		reply := fmt.Sprintf("*%d\r\n", len(args)-1)
		for _, key := range args[1:] {
			reply += bulk(key)
		}
		return reply
	case "HELLO":
		return "+OK\r\n"
	}
	return "-ERR unknown command\r\n"
}

// naiveOperations draws operations on two keys of one hash tag.
func naiveOperations(seed uint64, clients int) (plan sim.Plan) {
	source := random.Derive(seed, "operations")
	for i := range 900 {
		value := strconv.Itoa(i)
		text := choose(source, []string{
			"GET {t}a", "MGET {t}a {t}b", "SET {t}a " + value, "MULTI ; SET {t}a " + value + " ; SET {t}b " + value + " ; EXEC",
			"MULTI ; SET {t}b " + value + " ; GET {t}a {t}b ; EXEC", "MULTI ; SET {t}b " + value + " ; DISCARD",
			"WATCH {t}a ; GET {t}a ; MULTI ; SET {t}a " + value + " ; SET {t}b " + value + " ; EXEC",
		})
		plan.Inputs = append(plan.Inputs, sim.Input{
			At: time.Second + time.Duration(i)*400*time.Microsecond, Host: clientName(1 + source.IntN(clients)), Args: strings.Fields(text),
		})
	}
	return plan
}

// naiveHistory runs real clients against a naive server, without faults.
func naiveHistory(t *testing.T, seed uint64, b bug) *History {
	t.Helper()
	const clients = 3
	c := &Cluster{history: newHistory(0), clients: make([]*client, clients)}
	c.World = sim.New(sim.Config{Seed: seed, Network: netsim.DefaultProfile()})
	host := c.World.AddHost(nodeName(1), sim.ProgramFunc(func(h *sim.Host) sim.Process {
		return &naiveServer{
			bug: b, bus: h.Listen(ClientPort), data: map[string]string{}, versions: map[string]int{},
			sessions: map[transport.StreamID]*naiveSession{},
		}
	}), sim.HostOptions{})
	c.addresses = []transport.Address{netip.AddrPortFrom(host.Address(), ClientPort)}
	c.state = mustBuild(t, c)
	for i := range clients {
		c.Config.Clients = append(c.Config.Clients, ClientConfig{Number: i + 1, Depth: 2, Cache: CacheRight})
		c.World.AddHost(clientName(i+1), c.bootClient(i), sim.HostOptions{})
	}
	if err := c.World.Load(naiveOperations(seed, clients)); err != nil {
		t.Fatal(err)
	}
	c.World.RunUntil(time.Minute, func() bool { return c.World.Now() > 2*time.Second && c.idle() })
	if failure := c.World.Failure(); failure != nil {
		t.Fatal(failure)
	}
	return c.history
}

// Each way in which a server can break the promises of transactions is found in what real clients see of it, and a server that
// keeps them is not suspected.
func TestBrokenTransactionsAreNotLinearizable(t *testing.T) {
	const seeds = 3
	for b := range bugCount {
		illegal := 0
		for seed := range uint64(seeds) {
			history := naiveHistory(t, seed, b)
			report := linearizability.Check(history.model(), linearizability.Options{})
			switch report.Verdict {
			case linearizability.Illegal:
				illegal++
			case linearizability.Undecided:
				t.Errorf("bug %d: %v", b, &report)
			}
			if b == noBug && illegal > 0 {
				t.Fatalf("without a bug: %v", &report)
			}
		}
		if b != noBug && illegal < seeds {
			t.Errorf("bug %d is found in %d of %d runs", b, illegal, seeds)
		}
	}
}
