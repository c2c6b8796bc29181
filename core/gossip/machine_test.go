package gossip

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

func TestNewRefusesMistakes(t *testing.T) {
	mustPanic := func(name, want string, f func()) {
		t.Helper()
		defer func() {
			if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}()
		f()
	}
	start := func(c Config, incarnation uint64) func() {
		return func() { New(c, nodeID(0), incarnation, random.New(1)) }
	}
	config := DefaultConfig()
	mustPanic("a good configuration", "<nil>", start(config, MaxIncarnation))
	mustPanic("incarnation", "is beyond", start(config, MaxIncarnation+1))
	config.ProbeTimeout = config.ProbeInterval
	mustPanic("timeout", "ProbeTimeout is 1000000000, not between 1 and 999999999", start(config, 0))
	config = DefaultConfig()
	config.MaxPayload = minPayload - 1
	mustPanic("payload", "MaxPayload", start(config, 0))
}

// Each refusal is typed and leaves the machine as it was, to the last byte.
func TestReceiveRefusals(t *testing.T) {
	good := func(text string) []byte { return parseMessage(t, text) }
	header := good("gossip incarnation=5")
	damaged := func(kind wire.ErrorKind) error { return &wire.Error{Kind: kind} }
	refused := func(kind ErrorKind) error { return &Error{Kind: kind} }
	huge := func(health Health, incarnation uint64) []byte {
		c := wireClaim{health: health, node: nodeID(2), incarnation: incarnation, accuser: nodeID(3)}
		return c.append(slices.Clone(header))
	}
	for _, c := range []struct {
		name    string
		from    int
		payload []byte
		want    error
	}{
		{"empty", 1, nil, damaged(wire.Truncated)},
		{"kind only", 1, []byte{1}, damaged(wire.Truncated)},
		{"no such kind", 1, append([]byte{byte(lastKind) + 1}, header[1:]...), refused(UnknownKind)},
		{"kind 0", 1, append([]byte{0}, header[1:]...), refused(UnknownKind)},
		{"a claim cut short", 1, append(slices.Clone(header), byte(Dead), 7, 7), damaged(wire.Truncated)},
		{"a suspicion without accuser", 1, huge(Suspect, 1)[:len(huge(Suspect, 1))-1], damaged(wire.Truncated)},
		{"a number longer than it need be", 1, append(slices.Clone(header[:5]), 0x80, 0x00, 0x00), damaged(wire.Malformed)},
		{"a target missing", 1, (&message{kind: pingReq}).append(nil)[:20], damaged(wire.Truncated)},
		{"a good claim before a bad one", 1, append(good("gossip incarnation=5 dead(c,0)"), 0xff), damaged(wire.Truncated)},
		{"no such health", 1, huge(Left+1, 1), refused(BadHealth)},
		{"health 0", 1, huge(Unknown, 1), refused(BadHealth)},
		{"the sender's incarnation", 1, (&message{kind: gossip, incarnation: MaxIncarnation + 1}).append(nil), refused(BadIncarnation)},
		{"alive beyond the highest", 1, huge(Alive, MaxIncarnation+1), refused(BadIncarnation)},
		{"dead, and no way to refute it", 1, huge(Dead, MaxIncarnation), refused(BadIncarnation)},
		{"a stranger", 20, header, refused(NotMember)},
		{"itself", 0, header, refused(FromSelf)},
		{"state in a datagram", 1, good("state incarnation=5 dead(c,0)"), refused(NeedsStream)},
		{"a reply in a datagram", 1, good("state-reply incarnation=5"), refused(NeedsStream)},
		{"probe of the helper", 1, good("ping-req #2 target=a incarnation=5"), refused(BadTarget)},
		{"probe of the requester", 1, good("ping-req #2 target=b incarnation=5"), refused(BadTarget)},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := drive(t, 5, DefaultConfig())
			d.hear(2, "gossip incarnation=1 suspect(d,0,by c) version=4")
			before := d.dump()
			err := d.Receive(time.Hour, nodeID(c.from), c.payload, false)
			if !sameError(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if after := d.dump(); after != before {
				t.Errorf("it changed the machine:\n%s\n%s", before, after)
			}
		})
	}
}

func sameError(got, want error) bool {
	var damage, wantDamage *wire.Error
	if errors.As(want, &wantDamage) {
		return errors.As(got, &damage) && damage.Kind == wantDamage.Kind
	}
	var refusal, wantRefusal *Error
	return errors.As(got, &refusal) && errors.As(want, &wantRefusal) && refusal.Kind == wantRefusal.Kind && got.Error() != ""
}

// dump shows all state of a machine except for memory that is only lent.
func (m *Machine) dump() string {
	shallow := *m
	shallow.source, shallow.sends, shallow.changes, shallow.buffer, shallow.picked = nil, nil, nil, nil, nil
	source := *m.source
	return fmt.Sprintf("%+v %d %d %d %v", shallow, len(m.sends), len(m.changes), len(m.buffer), source.Uint64())
}

// An accusation at the highest incarnations is refuted without overflow, and then nothing can be said against the
// node any more.
func TestIncarnationsSaturate(t *testing.T) {
	d := drive(t, 3, DefaultConfig())
	d.hear(1, fmt.Sprintf("gossip incarnation=0 dead(a,%d)", uint64(MaxIncarnation-1)))
	if got := d.Incarnation(nodeID(0)); got != MaxIncarnation {
		t.Fatalf("incarnation %d", got)
	}
	sends := d.hear(1, "ping #2 incarnation=0")
	if _, err := decode(sends[0].Payload); err != nil {
		t.Errorf("its own word is refused: %v", err)
	}
	d.Leave(d.now)
	sends, _ = d.Take()
	for _, s := range sends {
		if _, err := decode(s.Payload); err != nil {
			t.Errorf("its goodbye is refused: %v", err)
		}
	}
	mustCheck(t, d.Machine)
}

// What one member asks for does not take the room of the others, and all together can't take more than there is.
func TestRelaysAreBounded(t *testing.T) {
	config := DefaultConfig()
	config.MaxRelays = 10
	d := drive(t, 20, config)
	served := func(from int) (count int) {
		for i := range 8 {
			for _, s := range d.hear(from, fmt.Sprintf("ping-req #%d target=b incarnation=0", 2*i+2)) {
				if msg, _ := decode(s.Payload); msg.kind == ping {
					count++
				}
			}
		}
		return count
	}
	if a, b, c, e := served(2), served(3), served(4), served(5); a != 4 || b != 4 || c != 2 || e != 0 {
		t.Errorf("served %d, %d, %d, %d requests, want 4, 4, 2, 0", a, b, c, e)
	}
	d.advanceTo(d.now + config.ProbeInterval)
	if again := served(2); again != 4 {
		t.Errorf("later %d requests were served", again)
	}
}

// What Take returned stays as it is until the next call, and calls without a Take in between add up.
func TestTakeAddsUpAndLends(t *testing.T) {
	m := New(DefaultConfig(), nodeID(0), 0, random.New(1))
	m.SetMembers(0, nodeIDs(4))
	for i := range 3 {
		if err := m.Receive(0, nodeID(1+i), parseMessage(t, fmt.Sprintf("ping #%d incarnation=0", 2*i+2)), false); err != nil {
			t.Fatal(err)
		}
	}
	sends, changes := m.Take()
	if len(sends) != 3 || len(changes) != 0 {
		t.Fatalf("%d sends, %d changes", len(sends), len(changes))
	}
	for i, s := range sends {
		if msg, err := decode(s.Payload); err != nil || msg.kind != ack || msg.sequence != uint32(2*i+2) || s.To != nodeID(1+i) {
			t.Errorf("send %d: %s to %v", i, Describe(s.Payload), s.To)
		}
	}
	if sends, changes := m.Take(); sends != nil || changes != nil {
		t.Error("taken twice")
	}
}

// A page of state takes no more than its limit, pages go on where the last one ended, and its memory is not kept.
func TestExchangePages(t *testing.T) {
	config := DefaultConfig()
	config.MaxStatePayload = 500
	const n = 100
	m := New(config, nodeID(0), 0, random.New(1))
	m.SetMembers(0, nodeIDs(n))
	seen := map[wire.NodeID]int{}
	pages := 0
	for ; len(seen) < n-1 && pages < 20; pages++ {
		if err := m.Receive(0, nodeID(1), parseMessage(t, "state incarnation=0"), true); err != nil {
			t.Fatal(err)
		}
		sends, _ := m.Take()
		msg, err := decode(sends[0].Payload)
		if err != nil || !sends[0].Reliable || msg.kind != stateReply || len(sends[0].Payload) > 500 {
			t.Fatalf("%v: %s", err, Describe(sends[0].Payload))
		}
		for _, c := range claimsOf(msg) {
			seen[c.node]++
		}
	}
	if pages != 5 { // 22 bytes a claim
		t.Errorf("%d pages told of %d members", pages, len(seen))
	}
	big := New(DefaultConfig(), nodeID(0), 0, random.New(1))
	big.SetMembers(0, nodeIDs(1000))
	if err := big.Receive(0, nodeID(1), parseMessage(t, "state incarnation=0"), true); err != nil {
		t.Fatal(err)
	}
	if sends, _ := big.Take(); len(sends[0].Payload) < 20_000 {
		t.Errorf("the page has %d bytes", len(sends[0].Payload))
	}
	big.Advance(0)
	if cap(big.buffer) > retainedBuffer {
		t.Errorf("%d bytes are kept", cap(big.buffer))
	}
}

// Messages exactly fill the limit if there is enough to tell.
func TestPayloadsFillTheirLimit(t *testing.T) {
	for limit := minPayload; limit < minPayload+60; limit++ {
		config := DefaultConfig()
		config.MaxPayload = limit
		m := New(config, nodeID(0), 0, random.New(1))
		m.SetMembers(0, nodeIDs(60))
		msg := message{kind: ping}
		for i := 2; i < 60; i++ {
			c := wireClaim{health: Suspect, node: nodeID(i), accuser: nodeID(1)}
			msg.claims = c.append(msg.claims)
		}
		if err := m.Receive(0, nodeID(1), msg.append(nil), false); err != nil {
			t.Fatal(err)
		}
		sends, _ := m.Take()
		if size := len(sends[0].Payload); size > limit || size+42 <= limit {
			t.Errorf("limit %d: %d bytes", limit, size)
		}
	}
}

func TestPingSentAndPongReceived(t *testing.T) {
	d := drive(t, 2, DefaultConfig())
	b := nodeID(1)
	if _, sent := d.PingSent(b); sent {
		t.Error("pinged before the first probe")
	}
	if _, received := d.PongReceived(b); received {
		t.Error("answered before the first probe")
	}
	d.toProbe()
	at := d.now
	if sent, under := d.PingSent(b); !under || sent != at {
		t.Errorf("pinged at %v (%v), not %v", sent, under, at)
	}
	d.now += 7 * time.Millisecond
	d.answer()
	if _, sent := d.PingSent(b); sent {
		t.Error("still waiting after the answer")
	}
	if received, ever := d.PongReceived(b); !ever || received != at+7*time.Millisecond {
		t.Errorf("answered at %v (%v)", received, ever)
	}
	if _, sent := d.PingSent(nodeID(9)); sent || d.Health(nodeID(9)) != Unknown || d.PeerVersion(nodeID(9)) != 0 {
		t.Error("a stranger is known")
	}
}

// A node that was held up itself does not take its own silence for that of others. Without the switch it does, as in
// the papers.
func TestPausesAreForgiven(t *testing.T) {
	for _, forgive := range []bool{true, false} {
		config := DefaultConfig()
		config.ForgivePauses = forgive
		d := drive(t, 3, config)
		d.hear(1, "gossip incarnation=0 suspect(c,0,by b)")
		d.toProbe()
		d.answer()
		d.toProbe()
		paused := d.now + time.Hour // with an ack and a refutation in the socket
		died := false
		take := func() {
			_, changes := d.Take()
			died = died || slices.ContainsFunc(changes, func(c Change) bool { return c.Health == Dead })
		}
		d.Advance(paused)
		take()
		d.Advance(paused + config.ProbeTimeout/2)
		take()
		refutation := fmt.Sprintf("ack #%d incarnation=0 alive(c,1)", d.probe.sequence)
		if err := d.Receive(d.now, nodeID(1), parseMessage(t, refutation), false); err != nil {
			t.Fatal(err)
		}
		take()
		d.Advance(paused + config.ProbeTimeout)
		take()
		if got := d.Health(nodeID(2)); got != Alive || died == forgive {
			t.Errorf("forgiving %v: c is %v, was dead meanwhile: %v", forgive, got, died)
		}
	}
}

// A node that is always late still declares the dead dead.
func TestForgivenessEnds(t *testing.T) {
	d := drive(t, 3, DefaultConfig())
	d.hear(1, "gossip incarnation=0 suspect(c,0,by b)")
	for range 200 {
		d.Advance(d.NextDeadline() + 3*time.Second)
		mustCheck(t, d.Machine)
		d.Take()
	}
	if got := d.Health(nodeID(2)); got != Dead {
		t.Errorf("after %v c is still %v", d.now, got)
	}
}

// What the target refutes while it is probed is newer than its silence, so the silence is no evidence against it.
func TestRefutationDuringProbe(t *testing.T) {
	d := drive(t, 4, DefaultConfig())
	d.toProbe()
	target, end := d.probe.target, d.probe.end
	helper := 1
	if d.peer(target) == helper {
		helper = 2
	}
	d.hear(helper, fmt.Sprintf("gossip incarnation=0 alive(%c,1)", 'a'+d.peer(target)))
	d.advanceTo(end)
	if got := d.Health(nodeID(d.peer(target))); got != Alive || d.LocalHealth() == 0 {
		t.Errorf("the target is %v, local health is %d", got, d.LocalHealth())
	}
}

// News waits while there is nobody to hear it, and goes to the first who joins.
func TestNewsWaitsForSomeoneToHearIt(t *testing.T) {
	d := drive(t, 2, DefaultConfig())
	d.hear(1, "gossip incarnation=0 dead(b,0)")
	d.advanceTo(3 * time.Minute) // beyond GossipToTheDead
	for d.rumours.count == 0 {
		d.spread(1)
		d.gossipAt = never
	}
	d.SetMembers(d.now, nodeIDs(3))
	mustCheck(t, d.Machine)
	told := slices.ContainsFunc(d.advanceTo(d.now+d.config.GossipInterval), func(s Send) bool {
		return s.To == nodeID(2) && strings.Contains(Describe(s.Payload), "dead(62000000,0)")
	})
	if !told {
		t.Error("the joiner was not told")
	}
}

// A member may get the slot of one that was taken out, but not the credit for its accusations.
func TestReusedSlotsAreOtherMembers(t *testing.T) {
	d := drive(t, 5, DefaultConfig())
	d.hear(2, "gossip incarnation=0 suspect(b,0,by c)")
	freed, _ := d.members.lookup(nodeID(2))
	d.SetMembers(0, []wire.NodeID{nodeID(0), nodeID(1), nodeID(3), nodeID(4), nodeID(9)})
	if taken, _ := d.members.lookup(nodeID(9)); taken != freed {
		t.Fatalf("slot %d was freed and slot %d taken", freed, taken)
	}
	d.hear(9, "gossip incarnation=0 suspect(b,0,by j)")
	if got := d.suspicions.all[d.members.slots[1].suspicion].count; got != 2 {
		t.Errorf("%d accusers, want 2", got)
	}
}

// The same calls give the same bytes.
func TestMachineIsDeterministic(t *testing.T) {
	history := func() []byte {
		var all bytes.Buffer
		g := newGroup(t, 12, DefaultConfig(), 99)
		g.loss, g.double = 100_000, 50_000
		g.onSend = func(from, to int, s Send) {
			fmt.Fprintf(&all, "%v %d %d %x %v\n", g.now, from, to, s.Payload, s.Reliable)
		}
		g.onChange = func(at int, c Change) { fmt.Fprintf(&all, "%v %d %+v\n", g.now, at, c) }
		g.run(10 * time.Second)
		g.crash(3)
		g.run(30 * time.Second)
		return all.Bytes()
	}
	first, second := history(), history()
	if !bytes.Equal(first, second) || len(first) < 10_000 {
		t.Errorf("histories of %d and %d bytes differ", len(first), len(second))
	}
}

// A quiet machine wakes up for its probes and exchanges only: when one starts, and when it would have timed out.
func TestQuietMachinesSleep(t *testing.T) {
	g := newGroup(t, 10, DefaultConfig(), 1)
	g.run(20 * time.Second)
	m := g.machines[0]
	wakes := 0
	for end := g.now + 100*time.Second; g.now < end; g.step() {
		if e := g.events[0]; e.to == 0 && e.from < 0 && e.at == g.wakes[0] {
			wakes++
		}
	}
	if wakes > 210 {
		t.Errorf("%d wake-ups in 100 periods\n%v", wakes, m)
	}
}

func TestHandlingAMessageDoesNotAllocate(t *testing.T) {
	m := benchmarkMachine(100)
	msg := message{kind: ping, sequence: 2, incarnation: 1 << 32}
	for i := range 6 {
		c := wireClaim{health: Alive, node: nodeID(10 + i), incarnation: 1 << 32}
		msg.claims = c.append(msg.claims)
	}
	payload := msg.append(nil)
	if allocated := testing.AllocsPerRun(100, func() {
		if err := m.Receive(0, nodeID(7), payload, false); err != nil {
			t.Fatal(err)
		}
		m.Take()
	}); allocated > 0 {
		t.Errorf("%v allocations", allocated)
	}
}

func TestVariantNames(t *testing.T) {
	if got := fmt.Sprint(Variants, Variant(9)); got != "[SWIM LHA-Probe LHA-Suspicion Buddy Lifeguard] Variant(9)" {
		t.Error(got)
	}
	lifeguard := DefaultConfig()
	lifeguard.ForgivePauses = false
	if got := DefaultConfig().With(SWIM).With(Lifeguard); got != lifeguard {
		t.Errorf("%+v", got)
	}
	if swim := DefaultConfig().With(SWIM); swim.LHAProbe || swim.LHASuspicion || swim.Buddy {
		t.Errorf("%+v", swim)
	}
}

func TestErrorsHaveNames(t *testing.T) {
	for kind := range ErrorKind(ErrorKinds) {
		if text := (&Error{Kind: kind}).Error(); !strings.HasPrefix(text, "gossip: ") || strings.Contains(text, "unknown gossip error") {
			t.Errorf("%d: %q", kind, text)
		}
	}
	if got := ErrorKind(200).String(); got != "unknown gossip error 200" {
		t.Error(got)
	}
}
