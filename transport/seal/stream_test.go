package seal

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// A pair is the two ends of a stream, with all that each has sent.
type pair struct {
	t                testing.TB
	opener, acceptor *Stream
	fromOpener       []byte
	fromAcceptor     []byte
}

func newPair(t testing.TB, openerSecrets, acceptorSecrets string) *pair {
	p := &pair{t: t, acceptor: AcceptStream(ring(t, acceptorSecrets), Session{2}, counting(2))}
	p.opener, p.fromOpener = OpenStream(ring(t, openerSecrets), Session{1}, counting(1))
	p.fromOpener = bytes.Clone(p.fromOpener)
	return p
}

// openPair returns a pair that has confirmed each other.
func openPair(t testing.TB) *pair {
	t.Helper()
	p := newPair(t, oldWord, oldWord)
	at := p.receive(p.acceptor, p.fromOpener)
	p.fromAcceptor = bytes.Clone(at.Send)
	back := p.receive(p.opener, p.fromAcceptor)
	p.fromOpener = append(p.fromOpener, back.Send...)
	if last := p.receive(p.acceptor, back.Send); at.Confirmed || !back.Confirmed || !last.Confirmed {
		t.Fatalf("confirmed %v, %v and %v", at.Confirmed, back.Confirmed, last.Confirmed)
	}
	return p
}

func (p *pair) receive(s *Stream, data []byte) Received {
	p.t.Helper()
	r, err := s.Receive(data)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func TestStreamCarriesBytes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := openPair(t)
		var sent, wire, got []byte
		for range rapid.IntRange(0, 5).Draw(rt, "writes") {
			size := rapid.SampledFrom([]int{0, 1, 100, maxContent - 1, maxContent, maxContent + 1, 3*maxContent + 7}).Draw(rt, "size")
			data := bytes.Repeat([]byte{byte(len(sent))}, size)
			sent, wire = append(sent, data...), p.opener.Seal(wire, data)
		}
		wire = p.opener.End(wire)
		for len(wire) > 0 {
			n := rapid.IntRange(1, len(wire)).Draw(rt, "piece")
			got = append(got, p.receive(p.acceptor, wire[:n]).Data...)
			wire = wire[n:]
		}
		if !bytes.Equal(got, sent) || !p.acceptor.Ended() {
			rt.Fatalf("%d bytes of %d arrived, ended: %v", len(got), len(sent), p.acceptor.Ended())
		}
	})
}

// The first bytes may come one at a time too.
func TestStreamOpensByteByByte(t *testing.T) {
	p := newPair(t, oldWord, oldWord)
	for side, from := 0, p.fromOpener; len(from) > 0; side = 1 - side {
		to := []*Stream{p.acceptor, p.opener}[side]
		var answer []byte
		for i := range from {
			answer = append(answer, p.receive(to, from[i:i+1]).Send...)
		}
		from = answer
	}
	if !p.opener.confirmed || !p.acceptor.confirmed {
		t.Error("the stream is not open")
	}
}

// TestForgedStream changes each byte that either side sends: the other one refuses the stream, or waits for more bytes.
func TestForgedStream(t *testing.T) {
	honest := openPair(t)
	size := len(honest.fromOpener)
	fromOpener := honest.opener.End(honest.opener.Seal(bytes.Clone(honest.fromOpener), []byte("data")))
	for i := range fromOpener {
		acceptor := AcceptStream(ring(t, oldWord), Session{2}, counting(2)) // as the honest one
		forged := bytes.Clone(fromOpener)
		forged[i] ^= 4
		r, err := acceptor.Receive(forged)
		if err == nil && acceptor.ended || !bytes.HasPrefix([]byte("data"), r.Data) {
			t.Errorf("byte %d of the opener was changed: %q is taken, with its end", i, r.Data)
		}
		if i < size && r.Confirmed {
			t.Errorf("byte %d of the opener was changed: the stream is confirmed", i)
		}
	}
	for i := range honest.fromAcceptor {
		opener, _ := OpenStream(ring(t, oldWord), Session{1}, counting(1))
		forged := bytes.Clone(honest.fromAcceptor)
		forged[i] ^= 4
		if r, _ := opener.Receive(forged); r.Confirmed || len(r.Send) > 0 {
			t.Errorf("byte %d of the acceptor was changed: the stream is confirmed", i)
		}
	}
}

func TestStreamRefusals(t *testing.T) {
	sealed := func(change func(p *pair, records [][]byte) [][]byte) error {
		p := openPair(t)
		var records [][]byte
		for _, text := range []string{"one", "two", "three"} {
			records = append(records, p.opener.Seal(nil, []byte(text)))
		}
		var err error
		for _, record := range change(p, records) {
			if _, err = p.acceptor.Receive(record); err != nil {
				break
			}
		}
		return err
	}
	type records = [][]byte
	for _, test := range []struct {
		name   string
		change func(p *pair, r records) records
		want   Kind
	}{
		{"a record twice", func(_ *pair, r records) records { return records{r[0], r[0]} }, Forged},
		{"a record is missing", func(_ *pair, r records) records { return records{r[0], r[2]} }, Forged},
		{"records change places", func(_ *pair, r records) records { return records{r[1], r[0]} }, Forged},
		{"an earlier confirmation", func(p *pair, _ records) records { return records{p.fromOpener[openingSize:]} }, Forged},
		{"back to its sender", func(p *pair, _ records) records { return records{p.acceptor.Seal(nil, []byte("x"))} }, Forged},
		{"a record that is too long", func(*pair, records) records { return records{{0, 0, 0x40, 1, recordData}} }, Malformed},
		{"the stream goes on behind its end", func(p *pair, r records) records {
			return append(r, p.opener.End(nil), p.opener.Seal(nil, []byte("x")))
		}, Malformed},
		{"a second confirmation", func(p *pair, r records) records {
			return append(r, p.opener.out.seal(p.opener.secret, nil, recordConfirm, nil))
		}, Malformed},
		{"an end with content", func(p *pair, r records) records {
			return append(r, p.opener.out.seal(p.opener.secret, nil, recordEnd, []byte("x")))
		}, Malformed},
		{"an unknown record", func(p *pair, r records) records { return append(r, p.opener.out.seal(p.opener.secret, nil, 9, nil)) }, Malformed},
	} {
		refused(t, test.name, sealed(test.change), test.want)
	}
}

func TestOpeningRefusals(t *testing.T) {
	p := newPair(t, oldWord, oldWord)
	for _, test := range []struct {
		name   string
		change func(opening []byte) []byte
		want   Kind
	}{
		{"another protocol", func([]byte) []byte { return []byte("GET / HTTP/1.1\r\n") }, NotSealed},
		{"a node without a secret", func([]byte) []byte { return []byte("EMBR\x01") }, NotSealed},
		{"another version", func(o []byte) []byte { o[3]++; return o[:4] }, BadVersion},
		{"another secret", func(o []byte) []byte { o[4]++; return o }, UnknownSecret},
		{"itself", func(o []byte) []byte { o[8] = 2; return o }, Reflected},
	} {
		_, err := AcceptStream(ring(t, oldWord), Session{2}, counting(2)).Receive(test.change(bytes.Clone(p.fromOpener)))
		refused(t, test.name, err, test.want)
	}
	// The first bytes of a record that is no confirmation.
	if _, err := p.acceptor.Receive(p.fromOpener); err != nil {
		t.Fatal(err)
	}
	p.opener.derive(p.opener.first, p.acceptor.first)
	_, err := p.acceptor.Receive(p.opener.out.seal(p.opener.secret, nil, recordData, []byte("x")))
	refused(t, "data instead of a confirmation", err, Malformed)
	if _, again := p.acceptor.Receive([]byte("x")); again != err {
		t.Errorf("a stream that was refused goes on with %v", again)
	}
}

// TestReplayedStream plays one side of a recorded stream to a new one.
func TestReplayedStream(t *testing.T) {
	recorded := openPair(t)
	fromOpener := recorded.opener.Seal(recorded.fromOpener, []byte("pay"))
	r, err := AcceptStream(ring(t, oldWord), Session{2}, counting(77)).Receive(fromOpener)
	refused(t, "to the acceptor", err, Forged)
	if r.Confirmed || len(r.Data) > 0 {
		t.Errorf("the replayed stream is taken: %+v", r)
	}
	opener, _ := OpenStream(ring(t, oldWord), Session{1}, counting(78))
	r, err = opener.Receive(recorded.fromAcceptor)
	refused(t, "to the opener", err, Forged)
	if r.Confirmed {
		t.Error("the replayed answer is taken")
	}
}

func TestStreamUnderEitherSecret(t *testing.T) {
	for _, test := range []struct {
		opener, acceptor string
		opens            bool
	}{
		{oldWord, oldWord + " " + newWord, true},
		{oldWord, newWord + " " + oldWord, true},
		{newWord + " " + oldWord, oldWord + " " + newWord, true},
		{newWord + " " + oldWord, newWord, true},
		{newWord + " " + oldWord, oldWord, false},
		{oldWord, newWord, false},
	} {
		p := newPair(t, test.opener, test.acceptor)
		r, err := p.acceptor.Receive(p.fromOpener)
		if test.opens != (err == nil) {
			t.Errorf("%s to %s: %v", test.opener, test.acceptor, err)
			continue
		}
		if r, err = p.opener.Receive(r.Send); test.opens && (err != nil || !r.Confirmed) {
			t.Errorf("%s to %s: answered by %+v, %v", test.opener, test.acceptor, r, err)
		}
	}
}

// Keys change with the upper bits of the number, at both ends.
func TestStreamGenerations(t *testing.T) {
	p := openPair(t)
	p.opener.out.number, p.acceptor.in.number = 1<<recordGenerationBits-1, 1<<recordGenerationBits-1
	before := p.opener.out.aead
	for _, text := range []string{"last of a generation", "first of the next"} {
		if r := p.receive(p.acceptor, p.opener.Seal(nil, []byte(text))); string(r.Data) != text {
			t.Errorf("%q arrived as %q", text, r.Data)
		}
	}
	if p.opener.out.aead == before {
		t.Error("the key is the same")
	}
}
