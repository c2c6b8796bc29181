package cluster

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/netsim"
)

// scripted is a node that answers by a function instead of running Ember.
type scripted struct {
	bus    transport.Bus
	parser map[transport.StreamID]*resp.Parser
	buffer map[transport.StreamID][]byte
	answer func(args []string) (reply string, hangUp bool)
}

func (s *scripted) NextDeadline() time.Duration { return sim.Never }

func (s *scripted) Handle(e sim.Event) {
	if e.Kind != sim.EventStreamData {
		return
	}
	if s.parser[e.Stream] == nil {
		s.parser[e.Stream] = &resp.Parser{}
	}
	s.buffer[e.Stream] = append(s.buffer[e.Stream], e.Data...)
	for {
		args, size, err := s.parser[e.Stream].Next(s.buffer[e.Stream])
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
		s.buffer[e.Stream] = append([]byte(nil), s.buffer[e.Stream][size:]...)
		reply, hangUp := s.answer(words)
		s.bus.SendStream(e.Stream, []byte(reply))
		if hangUp {
			s.bus.CloseStream(e.Stream)
			return
		}
	}
}

// clientWorld is one client among scripted nodes. The log has what the nodes were asked, but for HELLO.
func clientWorld(t *testing.T, inputs [][]string, answers ...func(args []string) (string, bool)) (c *Cluster, log *[]string) {
	t.Helper()
	log = new([]string)
	c = &Cluster{history: newHistory(0), clients: make([]*client, 1)}
	c.Config.Clients = []ClientConfig{{Depth: 1, Cache: CacheRight}}
	c.World = sim.New(sim.Config{Seed: 1, Network: netsim.DefaultProfile()})
	for i, answer := range answers {
		host := c.World.AddHost(nodeName(i+1), sim.ProgramFunc(func(h *sim.Host) sim.Process {
			return &scripted{
				bus: h.Listen(ClientPort), parser: map[transport.StreamID]*resp.Parser{}, buffer: map[transport.StreamID][]byte{},
				answer: func(args []string) (string, bool) {
					if args[0] == "HELLO" {
						return "+OK\r\n", false
					}
					*log = append(*log, fmt.Sprintf("%d: %s", i+1, strings.Join(args, " ")))
					return answer(args)
				},
			}
		}), sim.HostOptions{})
		c.addresses = append(c.addresses, netip.AddrPortFrom(host.Address(), ClientPort))
	}
	c.state = mustBuild(t, c)
	c.World.AddHost(clientName(1), c.bootClient(0), sim.HostOptions{})
	var plan sim.Plan
	for i, args := range inputs {
		plan.Inputs = append(plan.Inputs, sim.Input{At: time.Second + time.Duration(i), Host: clientName(1), Args: args})
	}
	if err := c.World.Load(plan); err != nil {
		t.Fatal(err)
	}
	c.World.RunUntil(time.Minute, func() bool { return c.World.Now() > 2*time.Second && c.idle() })
	if failure := c.World.Failure(); failure != nil {
		t.Fatal(failure)
	}
	return c, log
}

const slotOfFoo = 12182

func expectLog(t *testing.T, log *[]string, want ...string) {
	t.Helper()
	if got := strings.Join(*log, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("nodes were asked\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestClientFollowsAskForOneCommand(t *testing.T) {
	asked := false
	c, log := clientWorld(t, [][]string{{"GET", "foo"}, {"GET", "foo"}},
		func([]string) (string, bool) {
			if asked {
				return "$3\r\nold\r\n", false
			}
			asked = true
			return fmt.Sprintf("-ASK %d 10.0.0.2:7000\r\n", slotOfFoo), false
		},
		func(args []string) (string, bool) {
			if args[0] == "ASKING" {
				return "+OK\r\n", false
			}
			return "$3\r\nnew\r\n", false
		})
	expectLog(t, log, "1: GET foo", "2: ASKING", "2: GET foo", "1: GET foo")
	if got := c.history.Operations[0].Reply.Text + c.history.Operations[1].Reply.Text; got != "newold" || c.history.asked != 1 {
		t.Errorf("replies %q, %d times asked", got, c.history.asked)
	}
}

func TestClientFollowsMovedAndRemembers(t *testing.T) {
	c, log := clientWorld(t, [][]string{{"GET", "foo"}, {"GET", "foo"}},
		func(args []string) (string, bool) {
			return fmt.Sprintf("-MOVED %d 10.0.0.2:7000\r\n", slotOfFoo), false
		},
		func(args []string) (string, bool) {
			if args[0] == "CLUSTER" {
				return "*1\r\n*3\r\n:0\r\n:16383\r\n*4\r\n$8\r\n10.0.0.2\r\n:7000\r\n$2\r\nid\r\n*0\r\n", false
			}
			return "$3\r\nnew\r\n", false
		})
	expectLog(t, log, "1: GET foo", "2: CLUSTER SLOTS", "2: GET foo", "2: GET foo")
	if c.history.moved != 1 || !c.history.Operations[0].Attempts[0].Harmless || c.history.Operations[0].Attempts[1].Harmless {
		t.Errorf("%d times moved, attempts %+v", c.history.moved, c.history.Operations[0].Attempts)
	}
}

func TestClientNeverRepeatsAWriteOfUnknownOutcome(t *testing.T) {
	hang := func([]string) (string, bool) { return "", true }
	c, log := clientWorld(t, [][]string{{"SET", "foo", "1"}}, hang)
	expectLog(t, log, "1: SET foo 1")
	if got := c.history.Operations[0].Outcome; got != Unknown {
		t.Errorf("outcome %v", got)
	}
}

func TestClientRepeatsReadsAndRefusals(t *testing.T) {
	attempts := 0
	c, log := clientWorld(t, [][]string{{"GET", "foo"}, {"SET", "foo", "1"}}, func(args []string) (string, bool) {
		attempts++
		switch attempts {
		case 1:
			return "", true
		case 2:
			return "$-1\r\n", false
		case 3:
			return "-CLUSTERDOWN The cluster is down\r\n", false
		}
		return "+OK\r\n", false
	})
	expectLog(t, log, "1: GET foo", "1: GET foo", "1: SET foo 1", "1: SET foo 1")
	for _, op := range c.history.Operations {
		if op.Outcome != Answered {
			t.Errorf("%v: outcome %v", op.Args, op.Outcome)
		}
	}
}

func TestClientGivesUpOnARedirectLoop(t *testing.T) {
	loop := func(to int) func([]string) (string, bool) {
		return func(args []string) (string, bool) {
			if args[0] == "CLUSTER" {
				return "-CLUSTERDOWN The cluster is down\r\n", false
			}
			return fmt.Sprintf("-MOVED %d 10.0.0.%d:7000\r\n", slotOfFoo, to), false
		}
	}
	c, log := clientWorld(t, [][]string{{"SET", "foo", "1"}}, loop(2), loop(1))
	if got := c.history.Operations[0].Outcome; got != Refused {
		t.Errorf("outcome %v", got)
	}
	if len(*log) > 2*(maxRedirects+1)*(maxRetries+1) {
		t.Errorf("%d commands in a loop", len(*log))
	}
}

func TestClientTimesOut(t *testing.T) {
	silent := func([]string) (string, bool) { return "", false }
	c, _ := clientWorld(t, [][]string{{"SET", "foo", "1"}}, silent)
	op := c.history.Operations[0]
	if op.Outcome != Unknown || op.Return-op.Call < replyTimeout {
		t.Errorf("outcome %v after %v", op.Outcome, op.Return-op.Call)
	}
}

func TestSlotCacheRefusesWhatClientsCannotRead(t *testing.T) {
	source := netip.MustParseAddrPort("10.0.0.9:7000")
	var cache slotCache
	good := "*1\r\n*3\r\n:5\r\n:6\r\n*4\r\n$-1\r\n:7000\r\n$2\r\nid\r\n*0\r\n"
	value, _, err := resp.ReadValue([]byte(good), resp.ReplyLimits{})
	if err != nil || !cache.load(&value, source) {
		t.Fatal("a good reply is refused")
	}
	if owner, ok := cache.owner(5); !ok || owner != source {
		t.Errorf("an endpoint that is null stands for the host that was asked, got %v", owner)
	}
	for _, bad := range []string{
		"+OK\r\n", "*1\r\n:1\r\n", "*1\r\n*2\r\n:5\r\n:6\r\n", "*1\r\n*3\r\n:6\r\n:5\r\n*4\r\n$-1\r\n:7000\r\n$2\r\nid\r\n*0\r\n",
		"*1\r\n*3\r\n:5\r\n:16384\r\n*4\r\n$-1\r\n:7000\r\n$2\r\nid\r\n*0\r\n", "*1\r\n*3\r\n:5\r\n:6\r\n*4\r\n$1\r\nx\r\n:7000\r\n$2\r\nid\r\n*0\r\n",
	} {
		value, _, err := resp.ReadValue([]byte(bad), resp.ReplyLimits{})
		if err != nil || cache.load(&value, source) {
			t.Errorf("%q is accepted", bad)
		}
	}
	if _, ok := cache.owner(slots.Slot(5)); !ok {
		t.Error("a reply that was refused changed the cache")
	}
}
