package netsim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// reasons returns why the streams of a peer were closed, in words.
func (p *peer) reason(id transport.StreamID) string {
	switch reasons := p.closed[id]; len(reasons) {
	case 0:
		return "open"
	case 1:
		if reasons[0] == nil {
			return "in order"
		}
		return reasons[0].Error()
	default:
		return fmt.Sprintf("closed %d times", len(reasons))
	}
}

func (w *world) expectReasons(a *peer, here transport.StreamID, wantHere string, b *peer, there transport.StreamID, wantThere string) {
	w.t.Helper()
	if got := a.reason(here); got != wantHere {
		w.t.Errorf("the first side: %s, want %s", got, wantHere)
	}
	if got := b.reason(there); got != wantThere {
		w.t.Errorf("the second side: %s, want %s", got, wantThere)
	}
}

var (
	refused  = transport.ErrRefused.Error()
	timedOut = transport.ErrTimeout.Error()
	reset    = transport.ErrReset.Error()
	tooSlow  = transport.ErrTooSlow.Error()
)

func TestReadsAreSplitAndJoined(t *testing.T) {
	w, a, b := two(t, 1, quiet)
	streams := plain()
	streams.Split, streams.Join = 300_000, 300_000
	w.network.SetStreams(streams)
	id, there := a.open(b)
	sizes := map[int]bool{}
	b.onData = func(_ transport.StreamID, data []byte) { sizes[len(data)] = true }
	var want strings.Builder
	for i := range 500 {
		piece := fmt.Sprintf("%08d", i)
		want.WriteString(piece)
		a.SendStream(id, []byte(piece))
		w.run(200 * time.Microsecond)
	}
	w.run(time.Second)
	if string(b.data[there]) != want.String() {
		t.Fatal("the bytes arrived changed")
	}
	split, joined := false, false
	for size := range sizes {
		split = split || size < 8
		joined = joined || size > 8
	}
	if !split || !joined {
		t.Errorf("pieces of 8 bytes were read in sizes %v", sizes)
	}
}

func TestLossDelaysStreams(t *testing.T) {
	w, a, b := two(t, 2, quiet)
	id, there := a.open(b)
	w.network.Impose(Condition{From: ips(1), OneWay: true, Loss: 200_000})
	begin, first, last := w.time, time.Duration(0), time.Duration(0)
	b.onData = func(transport.StreamID, []byte) {
		if first == 0 {
			first = w.time - begin
		}
		last = w.time - begin
	}
	a.SendStream(id, pattern(100*maxSegment))
	w.run(time.Hour)
	if got := len(b.data[there]); got != 100*maxSegment {
		t.Fatalf("%d bytes arrived", got)
	}
	if first > time.Minute || last < w.network.streams.RetransmitAfter {
		t.Errorf("with a fifth of the segments lost the first came after %v and the last after %v", first, last)
	}
}

func TestTotalLossBreaksStreams(t *testing.T) {
	w, a, b := two(t, 2, quiet)
	id, there := a.open(b)
	w.network.Impose(Condition{From: ips(1), Loss: 500_000, Corrupt: 500_000})
	a.SendStream(id, []byte("into the void"))
	w.run(time.Minute)
	w.expectReasons(a, id, timedOut, b, there, timedOut)
}

// What was to be sent slowly is sent at once when the link is no longer slow.
func TestThrottledStreamsHurryOnceHealed(t *testing.T) {
	w, a, b := two(t, 2, quiet)
	id, there := a.open(b)
	slow := w.network.Impose(Condition{From: ips(1), Bandwidth: 16_444}) // a segment a second
	a.SendStream(id, pattern(20*maxSegment))
	a.CloseStream(id)
	w.run(5500 * time.Millisecond)
	if got := len(b.data[there]) / maxSegment; got != 5 {
		t.Errorf("%d segments have arrived", got)
	}
	w.network.Lift(slow)
	w.run(10 * time.Millisecond)
	if got := b.data[there]; string(got) != string(pattern(20*maxSegment)) || b.reason(there) != "in order" {
		t.Errorf("%d bytes have arrived, %s", len(got), b.reason(there))
	}
	w.run(time.Minute)
	w.expectReasons(a, id, "in order", b, there, "in order")
}

func TestShortCutDelaysStreams(t *testing.T) {
	w, a, b := two(t, 3, quiet)
	id, there := a.open(b)
	cut := w.network.Impose(Condition{From: ips(1), Cut: true})
	a.SendStream(id, []byte("one "))
	w.run(4 * time.Second)
	a.SendStream(id, []byte("two"))
	if len(b.data[there]) != 0 {
		t.Fatal("bytes came through a cut")
	}
	w.network.Lift(cut)
	w.run(8 * time.Second)
	if got := string(b.data[there]); got != "one two" {
		t.Errorf("got %q", got)
	}
	w.expectReasons(a, id, "open", b, there, "open")
}

func TestLongCutBreaksStreams(t *testing.T) {
	w, a, b := two(t, 4, quiet)
	id, there := a.open(b)
	idle, idleThere := a.open(b)
	w.network.Impose(Condition{From: ips(1), Cut: true})
	a.SendStream(id, []byte("into the void"))
	w.run(time.Minute)
	// The sender gives up; the reset does not reach the other side, which finds out by itself.
	w.expectReasons(a, id, timedOut, b, there, timedOut)
	// A stream on which nothing is sent outlives any cut.
	w.expectReasons(a, idle, "open", b, idleThere, "open")
}

// Bytes that arrive are worth nothing to a sender that never hears so.
func TestCutOfTheWayBackBreaksStreams(t *testing.T) {
	for _, test := range []struct {
		cut  time.Duration
		want string
	}{{3 * time.Second, "open"}, {time.Minute, timedOut}} {
		w, a, b := two(t, 5, quiet)
		id, there := a.open(b)
		cut := w.network.Cut(ip(2), ip(1))
		a.SendStream(id, []byte("heard?"))
		w.run(test.cut)
		w.network.Lift(cut)
		w.run(time.Minute)
		if got := a.reason(id); got != test.want {
			t.Errorf("after a cut of %v: %s, want %s", test.cut, got, test.want)
		}
		if string(b.data[there]) != "heard?" {
			t.Error("the bytes did not arrive")
		}
		if want := map[string]string{"open": "open", timedOut: reset}[test.want]; b.reason(there) != want {
			t.Errorf("the reader: %s, want %s", b.reason(there), want)
		}
	}
}

func TestResetLosesWhatIsUnderWay(t *testing.T) {
	w, a, b := two(t, 6, quiet)
	id, there := a.open(b)
	a.SendStream(id, []byte("arrives"))
	w.run(time.Second)
	a.SendStream(id, []byte("does not"))
	b.SendStream(there, []byte("nor this"))
	w.network.ResetStreams(ip(2), ip(1))
	w.run(time.Minute)
	w.expectReasons(a, id, reset, b, there, reset)
	if got := string(b.data[there]) + string(a.data[id]); got != "arrives" {
		t.Errorf("got %q", got)
	}
	a.SendStream(id, []byte("dropped"))
	a.CloseStream(id)
	w.run(time.Minute)
	w.expectReasons(a, id, reset, b, there, reset)
}

func TestSlowReaderLosesTheStream(t *testing.T) {
	w, a, b := two(t, 7, quiet)
	streams := plain()
	streams.Buffer = 1000
	w.network.SetStreams(streams)
	id, there := a.open(b)
	w.network.Impose(Condition{From: ips(1), Clog: true})
	for range 11 {
		a.SendStream(id, make([]byte, 100))
	}
	w.network.Heal()
	w.run(time.Minute)
	w.expectReasons(a, id, tooSlow, b, there, reset)
}

func TestCrashOfAPeer(t *testing.T) {
	for _, test := range []struct {
		name   string
		silent bool
		then   func(w *world, a *peer, id transport.StreamID)
		after  time.Duration
		want   string
	}{
		{"loud", false, func(*world, *peer, transport.StreamID) {}, time.Millisecond, reset},
		{"silent, and nothing is sent", true, func(*world, *peer, transport.StreamID) {}, 10 * time.Second, timedOut},
		{"silent, and then sent to", true, func(w *world, a *peer, id transport.StreamID) {
			a.SendStream(id, []byte("anyone?"))
		}, 10 * time.Second, timedOut},
		{"silent, and back when sent to", true, func(w *world, a *peer, id transport.StreamID) {
			w.run(time.Second)
			w.network.PowerOn(ip(2))
			a.SendStream(id, []byte("anyone?"))
		}, time.Second + 2*time.Millisecond, reset},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, a, b := two(t, 8, quiet)
			id, there := a.open(b)
			begin := w.time
			w.network.Crash(ip(2), test.silent)
			test.then(w, a, id)
			w.run(time.Minute)
			w.expectReasons(a, id, test.want, b, there, "open") // the crashed side is told nothing
			if got := a.closedAt - begin; got != test.after {
				t.Errorf("told after %v, want %v", got, test.after)
			}
		})
	}
}

// A machine without power retransmits nothing, not even what a process had sent and closed before.
func TestTheDeadSendNothing(t *testing.T) {
	for _, closed := range []bool{false, true} {
		w, a, b := two(t, 9, quiet)
		id, there := a.open(b)
		cut := w.network.Cut(ip(1), ip(2))
		a.SendStream(id, []byte("from the grave"))
		if closed {
			a.CloseStream(id)
		}
		w.run(time.Second)
		w.network.Crash(ip(1), true)
		w.network.Lift(cut)
		w.run(time.Minute)
		if got := string(b.data[there]); got != "" || b.reason(there) != timedOut {
			t.Errorf("closed %v: got %q, %s", closed, got, b.reason(there))
		}
	}
}

// A segment that is lost just after its sender's machine has died is not sent again.
func TestTheDeadRetransmitNothing(t *testing.T) {
	w, a, b := two(t, 9, quiet)
	id, there := a.open(b)
	a.SendStream(id, []byte("under way"))
	w.network.Crash(ip(1), true)
	cut := w.network.Cut(ip(1), ip(2))
	w.run(time.Second)
	w.network.Lift(cut)
	w.run(time.Minute)
	if got := string(b.data[there]); got != "" || b.reason(there) != timedOut {
		t.Errorf("got %q, %s", got, b.reason(there))
	}
	if a.reason(id) != "open" {
		t.Error("the dead was told")
	}
}

// Of many segments under way a lost one is known to be lost from those that follow it.
func TestFastRetransmission(t *testing.T) {
	w, a, b := two(t, 10, quiet)
	id, there := a.open(b)
	w.network.Impose(Condition{From: ips(1), Loss: 10_000, OneWay: true})
	begin, last := w.time, time.Duration(0)
	b.onData = func(transport.StreamID, []byte) { last = w.time - begin }
	a.SendStream(id, pattern(1000*maxSegment))
	w.run(time.Minute)
	if len(b.data[there]) != 1000*maxSegment || last < 10*time.Millisecond || last > time.Second {
		t.Errorf("%d bytes, the last after %v", len(b.data[there]), last)
	}
}

// What has arrived at a host can wait there for its process, and meanwhile lose its meaning.
func TestReceivedLate(t *testing.T) {
	for _, test := range []struct {
		name      string
		meanwhile func(w *world, b *peer, there transport.StreamID)
		reason    string
	}{
		{"closed", func(w *world, b *peer, there transport.StreamID) { b.CloseStream(there) }, "in order"},
		{"reset", func(w *world, b *peer, there transport.StreamID) { w.network.ResetStreams(ip(1), ip(2)) }, reset},
		{"crashed", func(w *world, b *peer, there transport.StreamID) { w.network.Crash(ip(2), false) }, "open"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, a, b := two(t, 11, quiet)
			id, there := a.open(b)
			a.SendStream(id, []byte("late"))
			a.SendDatagram(at(2), []byte("late"))
			var arrived []Delivery
			for len(w.queue) > 0 && len(arrived) < 2 {
				s := w.queue[0]
				w.queue = w.queue[1:]
				w.time = s.at
				if host, ok := w.network.Arrive(s.delivery); !ok || host != w.network.Host(ip(2)) {
					t.Fatalf("arrived at %d, %v", host, ok)
				}
				arrived = append(arrived, s.delivery)
			}
			test.meanwhile(w, b, there)
			for _, d := range arrived {
				w.network.Receive(d)
			}
			w.run(time.Minute)
			if got := string(b.data[there]); got != "" || b.reason(there) != test.reason {
				t.Errorf("got %q, %s", got, b.reason(there))
			}
			if want := map[bool]int{true: 0, false: 1}[test.name == "crashed"]; len(b.datagrams) != want {
				t.Errorf("%d datagrams, want %d", len(b.datagrams), want)
			}
		})
	}
}

// The bus may be closed after an opening has arrived and before its process hears of it.
func TestOpenedLate(t *testing.T) {
	w, a, b := two(t, 12, quiet)
	id := a.OpenStream(at(2))
	syn := w.queue[0]
	w.queue, w.time = nil, syn.at
	if _, ok := w.network.Arrive(syn.delivery); !ok {
		t.Fatal("the opening did not arrive")
	}
	_ = b.Close()
	w.network.Receive(syn.delivery)
	w.run(time.Minute)
	if len(b.opened) != 0 || a.reason(id) == "open" {
		t.Errorf("the closed bus was told of %v, the opener %s", b.opened, a.reason(id))
	}
}

// Bytes that overtake the answer to the opening wait for it.
func TestBytesBeforeTheAnswer(t *testing.T) {
	w, a, b := two(t, 13, quiet)
	cut := w.network.Cut(ip(2), ip(1))
	id := a.OpenStream(at(2))
	w.run(10 * time.Millisecond) // by then the answer is lost, and will be sent again 200 ms later
	w.network.Lift(cut)
	b.SendStream(b.opened[0], []byte("early"))
	w.run(100 * time.Millisecond)
	if len(a.opened) != 0 || len(a.data[id]) != 0 {
		t.Error("the opener was told too early")
	}
	w.run(time.Second)
	if got := string(a.data[id]); got != "early" {
		t.Errorf("got %q", got)
	}
}

func TestOpening(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(w *world)
		then    func(w *world)
		want    string
	}{
		{"refused", func(w *world) { w.network.Crash(ip(2), false) }, nil, refused},
		{"no power", func(w *world) { w.network.Crash(ip(2), true) }, nil, timedOut},
		{"cut", func(w *world) { w.network.Cut(ip(1), ip(2)) }, nil, timedOut},
		{"answer cut", func(w *world) { w.network.Cut(ip(2), ip(1)) }, nil, timedOut},
		{"cut for a while", func(w *world) { w.network.Cut(ip(1), ip(2)) },
			func(w *world) { w.run(2 * time.Second); w.network.Heal() }, "open"},
		{"answer cut for a while", func(w *world) { w.network.Cut(ip(2), ip(1)) },
			func(w *world) { w.run(2 * time.Second); w.network.Heal() }, "open"},
		{"clogged for a while", func(w *world) { w.network.Clog(ip(2), ip(1)) },
			func(w *world) { w.run(2 * time.Minute); w.network.Heal() }, "open"},
		{"power returns", func(w *world) { w.network.Crash(ip(2), true) },
			func(w *world) { w.run(time.Second); w.network.PowerOn(ip(2)); w.attach(2) }, "open"},
	} {
		for _, closing := range []bool{false, true} {
			t.Run(fmt.Sprint(test.name, closing), func(t *testing.T) {
				w, a, b := two(t, 10, quiet)
				test.prepare(w)
				id := a.OpenStream(at(2))
				a.SendStream(id, []byte("early"))
				if closing {
					a.CloseStream(id)
				}
				if test.then != nil {
					test.then(w)
				}
				w.run(time.Minute)
				want := test.want
				if closing && want == "open" {
					want = "in order"
				}
				if got := a.reason(id); got != want {
					t.Errorf("%s, want %s", got, want)
				}
				if opened := len(a.opened) == 1; opened != (want == "open") {
					t.Errorf("told of the opening: %v", a.opened)
				}
				for _, there := range b.opened {
					if got := b.reason(there); test.want != "open" && got == "open" {
						t.Errorf("the other side is left with an open stream")
					}
				}
			})
		}
	}
	w, a, _ := two(t, 11, quiet)
	id := a.OpenStream(at(99))
	w.run(time.Minute)
	if got := a.reason(id); got != timedOut {
		t.Errorf("to a machine that does not exist: %s", got)
	}
}

func TestStreamsComeFromEphemeralPorts(t *testing.T) {
	w, a, b := two(t, 12, quiet)
	var ports []uint16
	h := w.network.hosts[w.network.Host(ip(1))]
	h.ephemeral = lastEphemeral - 1
	for range 3 {
		_, there := a.open(b)
		number, side, ok := w.network.find(b.Endpoint, there)
		if !ok {
			t.Fatal("no such stream")
		}
		ports = append(ports, w.network.connections[number].ends[side].peer.Port())
	}
	if want := []uint16{lastEphemeral, firstEphemeral, firstEphemeral + 1}; !slices.Equal(ports, want) {
		t.Errorf("ports %v, want %v", ports, want)
	}
}

// A receiver that closes, opens and sends from within its call finds the bytes that it was given unchanged.
func TestReceiverMayUseTheBus(t *testing.T) {
	w, a, b := two(t, 13, quiet)
	id, there := a.open(b)
	b.onData = func(got transport.StreamID, data []byte) {
		before := string(data)
		b.CloseStream(got)
		for range 100 {
			b.SendStream(b.OpenStream(at(1)), []byte("xxxxxxxxxxxxxxxxxxxxxxxx"))
			b.SendDatagram(at(1), []byte("yyyyyyyyyyyyyyyyyyyyyyyyyy"))
		}
		if string(data) != before {
			t.Errorf("%q became %q", before, data)
		}
	}
	a.SendStream(id, []byte("the bytes of the call"))
	w.run(time.Minute)
	w.expectReasons(a, id, "in order", b, there, "in order")
	if len(a.opened) != 101 || len(a.datagrams) != 100 {
		t.Errorf("%d streams, %d datagrams", len(a.opened), len(a.datagrams))
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	w, a, b := two(t, 14, quiet)
	seen := map[transport.StreamID]bool{}
	for range 100 {
		id, there := a.open(b)
		if seen[id] || seen[there] {
			t.Fatal("an id was used twice")
		}
		seen[id], seen[there] = true, true
		a.SendStream(id, []byte("x"))
		a.CloseStream(id)
		w.run(time.Second)
		a.SendStream(id, []byte("late"))
	}
	if n := len(w.network.connections); n != 1 {
		t.Errorf("%d connections were made for 100 streams one after another", n)
	}
	if n := len(w.network.occurrences); n > 10 {
		t.Errorf("%d occurrences are kept", n)
	}
}

func TestGivingADeliveryBackTwicePanics(t *testing.T) {
	w, a, _ := two(t, 15, quiet)
	a.SendDatagram(at(2), []byte("x"))
	d := w.queue[0].delivery
	w.run(time.Second)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	w.network.Deliver(d)
}

func TestAttachPanicsOnMistakes(t *testing.T) {
	w, _, _ := two(t, 16, quiet)
	for name, attach := range map[string]func(){
		"taken":    func() { w.network.Attach(at(1), &peer{}) },
		"port 0":   func() { w.network.Attach(transport.Address{}, &peer{}) },
		"receiver": func() { w.network.Attach(at(5), nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			attach()
		}()
	}
}
