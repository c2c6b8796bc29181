package netsim

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// two returns a world with two attached hosts, on links of the given profile.
func two(t testing.TB, seed uint64, p Profile) (*world, *peer, *peer) {
	w := newWorld(t, seed)
	w.network.SetProfile(p)
	w.network.SetStreams(plain())
	return w, w.attach(1), w.attach(2)
}

func TestLatencyIsTheLeastAndATail(t *testing.T) {
	w, a, b := two(t, 1, Profile{Latency: time.Millisecond, Jitter: 100 * time.Microsecond})
	var sum time.Duration
	const n = 2000
	for range n {
		before := w.time
		a.SendDatagram(at(2), []byte("x"))
		w.run(time.Second)
		took := b.times[len(b.times)-1] - before
		if took < time.Millisecond {
			t.Fatalf("a datagram took %v", took)
		}
		sum += took - time.Millisecond
	}
	if mean := sum / n; mean < 90*time.Microsecond || mean > 110*time.Microsecond {
		t.Errorf("the mean of the tail is %v, want 100µs", mean)
	}
}

func TestDatagramsStayInOrder(t *testing.T) {
	w, a, b := two(t, 2, Profile{Latency: time.Millisecond, Jitter: 5 * time.Millisecond})
	var want []string
	for i := range 500 {
		want = append(want, fmt.Sprint(i))
		a.SendDatagram(at(2), []byte(want[i]))
		w.run(100 * time.Microsecond)
	}
	w.run(time.Second)
	expect(t, b, want...)
}

// Each rate has its effect on about as many datagrams as it says, and on nothing else.
func TestRates(t *testing.T) {
	const n, rate = 10_000, 200_000
	for _, test := range []struct {
		name    string
		profile Profile
		count   func(w *world, b *peer) int
	}{
		{"loss", Profile{Loss: rate}, func(w *world, b *peer) int { return n - len(b.datagrams) }},
		{"duplicate", Profile{Duplicate: rate}, func(w *world, b *peer) int { return len(b.datagrams) - n }},
		{"corrupt", Profile{Corrupt: rate}, func(w *world, b *peer) int {
			return len(b.datagrams) - len(slices.DeleteFunc(slices.Clone(b.datagrams), func(s string) bool { return s != "payload" }))
		}},
		{"reorder", Profile{Reorder: rate, ReorderDelay: time.Second}, func(w *world, b *peer) int {
			return int(w.network.Counters().Reordered)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.profile.Latency = time.Millisecond
			w, a, b := two(t, 3, test.profile)
			for range n {
				a.SendDatagram(at(2), []byte("payload"))
				w.run(2 * time.Millisecond)
			}
			w.run(time.Minute)
			if got := test.count(w, b); got < n*19/100 || got > n*21/100 {
				t.Errorf("%d of %d datagrams, want about a fifth", got, n)
			}
			c := w.network.Counters()
			if touched := c.Lost + c.Duplicated + c.Corrupted + c.Reordered; int(touched) != test.count(w, b) {
				t.Errorf("counters %+v", c)
			}
		})
	}
}

func TestReorderedDatagramsAreOvertaken(t *testing.T) {
	w, a, b := two(t, 4, Profile{Latency: time.Millisecond, Reorder: 100_000, ReorderDelay: 10 * time.Millisecond})
	for i := range 200 {
		a.SendDatagram(at(2), fmt.Appendf(nil, "%03d", i))
		w.run(100 * time.Microsecond)
	}
	w.run(time.Second)
	if len(b.datagrams) != 200 || slices.IsSorted(b.datagrams) {
		t.Errorf("%d arrived, in order: %v", len(b.datagrams), slices.IsSorted(b.datagrams))
	}
}

func TestCorruptionFlipsAFewBits(t *testing.T) {
	w, a, b := two(t, 5, Profile{Latency: time.Millisecond, Corrupt: 1_000_000})
	sent := pattern(100)
	for range 200 {
		a.SendDatagram(at(2), sent)
		a.SendDatagram(at(2), nil)
	}
	w.run(time.Second)
	for _, got := range b.datagrams {
		if len(got) == 0 {
			continue
		}
		flipped := 0
		for i := range sent {
			flipped += bits.OnesCount8(sent[i] ^ got[i])
		}
		if len(got) != len(sent) || flipped > 8 {
			t.Fatalf("%d bits flipped in %d bytes", flipped, len(got))
		}
	}
	if len(b.datagrams) != 400 {
		t.Errorf("%d arrived", len(b.datagrams))
	}
}

func TestBandwidthDelaysAndDrops(t *testing.T) {
	// 1000 bytes and the header take 10 ms.
	w, a, b := two(t, 6, Profile{Latency: time.Millisecond, Bandwidth: 106_000, QueueDelay: 45 * time.Millisecond})
	for range 10 {
		a.SendDatagram(at(2), make([]byte, 1000))
	}
	w.run(time.Second)
	want := []time.Duration{11, 21, 31, 41, 51}
	for i := range want {
		want[i] *= time.Millisecond
	}
	if !slices.Equal(b.times, want) {
		t.Errorf("arrived at %v, want %v, and the rest dropped", b.times, want)
	}
}

func TestLoopbackIsPerfect(t *testing.T) {
	w, a, _ := two(t, 7, Profile{Latency: time.Second, Loss: 1_000_000, Corrupt: 1_000_000})
	w.network.Impose(Condition{From: ips(1), To: ips(1, 2), Cut: true})
	for range 10 {
		a.SendDatagram(at(1), []byte("me"))
	}
	w.run(time.Millisecond)
	expect(t, a, slices.Repeat([]string{"me"}, 10)...)
	id := a.OpenStream(at(1))
	a.SendStream(id, []byte("myself"))
	w.run(time.Millisecond)
	if got := string(a.data[a.opened[0]]); len(a.opened) != 2 || a.opened[1] != id || got != "myself" {
		t.Errorf("opened %v, got %q", a.opened, got)
	}
}

func TestCutOneWay(t *testing.T) {
	w, a, b := two(t, 8, quiet)
	cut := w.network.Cut(ip(1), ip(2))
	both := func() {
		a.SendDatagram(at(2), []byte("there"))
		b.SendDatagram(at(1), []byte("back"))
		w.run(time.Second)
	}
	both()
	expect(t, b)
	expect(t, a, "back")
	w.network.Lift(cut)
	both()
	expect(t, b, "there")
	expect(t, a, "back")
}

// What is on its way when a link is cut is lost, and what is sent while it is cut stays lost.
func TestCutLosesWhatIsUnderWay(t *testing.T) {
	w, a, b := two(t, 9, quiet)
	a.SendDatagram(at(2), []byte("under way"))
	cut := w.network.Cut(ip(1), ip(2))
	w.run(time.Second)
	a.SendDatagram(at(2), []byte("while cut"))
	w.network.Lift(cut)
	w.run(time.Second)
	expect(t, b)
}

func TestPartitionsMayBePartial(t *testing.T) {
	w := newWorld(t, 10)
	var peers []*peer
	for i := 1; i <= 4; i++ {
		peers = append(peers, w.attach(i))
	}
	reaches := func() (pairs string) {
		for i, from := range peers {
			for j, to := range peers {
				if i == j {
					continue
				}
				from.SendDatagram(to.LocalAddress(), []byte("x"))
				w.run(time.Second)
				if len(to.datagrams) == 0 {
					pairs += fmt.Sprintf("%d%d ", i+1, j+1)
				}
				to.datagrams = nil
			}
		}
		return pairs
	}
	for _, test := range []struct {
		condition Condition
		blocked   string
	}{
		{Condition{From: ips(1), Cut: true}, "12 13 14 21 31 41 "},
		{Condition{From: ips(1, 2), Cut: true}, "13 14 23 24 31 32 41 42 "},
		{Condition{From: ips(1), To: ips(2), Cut: true}, "12 21 "},
		{Condition{From: ips(1), To: ips(2, 3), OneWay: true, Cut: true}, "12 13 "},
		{Condition{From: ips(1, 2), OneWay: true, Cut: true}, "13 14 23 24 "},
	} {
		id := w.network.Impose(test.condition)
		if got := reaches(); got != test.blocked {
			t.Errorf("%+v blocks %q, want %q", test.condition, got, test.blocked)
		}
		w.network.Lift(id)
	}
	first := w.network.Impose(Condition{From: ips(1), To: ips(2), Cut: true})
	w.network.Impose(Condition{From: ips(1), Cut: true})
	w.network.Exempt(ips(1, 3))
	if got, want := reaches(), "12 14 21 41 "; got != want {
		t.Errorf("with 1 and 3 exempt %q are blocked, want %q", got, want)
	}
	w.network.Lift(first)
	w.network.Exempt(nil)
	if got, want := reaches(), "12 13 14 21 31 41 "; got != want {
		t.Errorf("with one of two partitions lifted %q are blocked, want %q", got, want)
	}
	w.network.Heal()
	if got := reaches(); got != "" {
		t.Errorf("healed, and still %q are blocked", got)
	}
}

func TestClogHoldsAndReleasesInOrder(t *testing.T) {
	w, a, b := two(t, 11, quiet)
	id, there := a.open(b)
	clog := w.network.Clog(ip(1), ip(2))
	other := w.network.Impose(Condition{From: ips(1), Clog: true})
	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprint(i))
		a.SendDatagram(at(2), []byte(want[i]))
		a.SendStream(id, []byte(want[i]))
		w.run(time.Second)
	}
	b.SendDatagram(at(1), []byte("back"))
	w.network.Lift(clog)
	w.run(time.Second)
	expect(t, a)
	expect(t, b)
	w.network.Lift(other)
	released := w.time
	w.run(time.Second)
	if b.times[0] != released {
		t.Errorf("released at %v, arrived at %v", released, b.times[0])
	}
	expect(t, b, want...)
	expect(t, a, "back")
	if got := string(b.data[there]); got != "01234" {
		t.Errorf("the stream got %q", got)
	}
}

func TestConditionsAddUp(t *testing.T) {
	w, a, b := two(t, 12, quiet)
	w.network.Impose(Condition{From: ips(1), Delay: 10 * time.Millisecond})
	w.network.Impose(Condition{From: ips(2), To: ips(1), Delay: 20 * time.Millisecond})
	w.network.Impose(Condition{From: ips(1), Loss: 600_000, Bandwidth: 1 << 40})
	loss := w.network.Impose(Condition{From: ips(1), Loss: 600_000, OneWay: true})
	a.SendDatagram(at(2), []byte("lost"))
	w.run(time.Second)
	expect(t, b)
	w.network.Lift(loss)
	for len(b.datagrams) == 0 {
		begin := w.time
		a.SendDatagram(at(2), []byte("late"))
		w.run(time.Second)
		if len(b.times) > 0 && b.times[0]-begin != 31*time.Millisecond {
			t.Errorf("took %v, want 31ms", b.times[0]-begin)
		}
	}
}

func TestLinksOfTheirOwn(t *testing.T) {
	w, a, b := two(t, 13, quiet)
	w.network.SetLink(ip(1), ip(2), Profile{Latency: time.Minute})
	w.network.SetProfile(Profile{Latency: time.Second})
	a.SendDatagram(at(2), []byte("far"))
	b.SendDatagram(at(1), []byte("near"))
	w.run(time.Hour)
	if a.times[0] != time.Second || b.times[0] != time.Minute {
		t.Errorf("took %v and %v", a.times[0], b.times[0])
	}
}

// The fate of datagrams on one link depends on the seed and on what is sent on that link, on nothing else.
func TestLinksAreIndependent(t *testing.T) {
	poor := Profile{
		Latency: time.Millisecond, Jitter: time.Millisecond, Loss: 200_000, Duplicate: 200_000, Reorder: 200_000,
		ReorderDelay: 5 * time.Millisecond, Corrupt: 200_000,
	}
	fate := func(seed uint64, disturb func(w *world, i int)) string {
		w, a, b := two(t, seed, poor)
		w.attach(3)
		for i := range 200 {
			disturb(w, i)
			a.SendDatagram(at(2), fmt.Append(nil, "datagram ", i))
			w.run(time.Millisecond)
		}
		w.run(time.Second)
		return fmt.Sprint(b.times, b.datagrams)
	}
	nothing := func(*world, int) {}
	plain := fate(1, nothing)
	disturbed := fate(1, func(w *world, i int) {
		other := w.network.sockets[w.network.directory.find(at(3))].endpoint
		other.SendDatagram(at(1), []byte("noise"))
		if i%2 == 0 {
			other.SendDatagram(at(1), []byte("noise"))
		}
	})
	if plain != disturbed {
		t.Error("traffic on one link changed the fate of datagrams on another")
	}
	if plain != fate(1, nothing) {
		t.Error("the same seed gave another fate")
	}
	if plain == fate(2, nothing) {
		t.Error("two seeds gave the same fate")
	}
	// What is sent after a cut has the same fate as without it.
	cut := ConditionID(0)
	withCut := fate(1, func(w *world, i int) {
		switch i {
		case 50:
			cut = w.network.Cut(ip(1), ip(2))
		case 100:
			w.network.Lift(cut)
		}
	})
	last := func(s string) string { return s[strings.LastIndex(s, "datagram 120"):] }
	if last(plain) != last(withCut) {
		t.Error("a cut changed the fate of later datagrams")
	}
}

func TestDatagramsToNobodyAreDropped(t *testing.T) {
	w, a, b := two(t, 14, quiet)
	a.SendDatagram(at(9), []byte("no such host"))
	a.SendDatagram(transport.Address{}, []byte("no address"))
	a.SendDatagram(at(2), []byte("just gone"))
	_ = b.Close()
	a.SendDatagram(at(2), []byte("gone"))
	w.run(time.Second)
	if got := w.network.Counters(); got.Undelivered != 4 || len(b.datagrams) != 0 {
		t.Errorf("counters %+v, arrived %q", got, b.datagrams)
	}
	// Whoever listens there next gets what is under way.
	a.SendDatagram(at(2), []byte("for the next"))
	expect(t, func() *peer { next := w.attach(2); w.run(time.Second); return next }(), "for the next")
}

func TestPacketsCostNoAllocation(t *testing.T) {
	w, a, b := two(t, 15, Profile{Latency: time.Millisecond, Jitter: time.Millisecond})
	payload := make([]byte, 100)
	send := func() {
		a.SendDatagram(at(2), payload)
		w.run(time.Second)
		b.datagrams, b.times = b.datagrams[:0], b.times[:0]
	}
	for range 10 {
		send()
	}
	// One is the receiver's own: the string that it keeps.
	if got := testing.AllocsPerRun(100, send); got > 1 {
		t.Errorf("%v allocations for a datagram", got)
	}
}
