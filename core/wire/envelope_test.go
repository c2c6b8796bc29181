package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func example() Envelope {
	e := Envelope{Kind: KindGossip, Boot: 0x0102030405060708, Payload: []byte("payload")}
	e.Stamp = Stamp{Generation: 0x11, Version: 0x22, Hash: 0x33}
	for i := range e.Cluster {
		e.Cluster[i] = 0xC0 + byte(i)
	}
	for i := range e.Sender {
		e.Sender[i] = 0xA0 + byte(i)
	}
	return e
}

func sameEnvelope(a, b Envelope) bool {
	return a.Kind == b.Kind && a.Cluster == b.Cluster && a.Sender == b.Sender && a.Boot == b.Boot && a.Stamp == b.Stamp &&
		bytes.Equal(a.Payload, b.Payload)
}

// kindOf returns the kind of a refusal. Any other error fails the test.
func kindOf(t interface{ Fatalf(string, ...any) }, err error) ErrorKind {
	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Fatalf("%v is not a wire error", err)
	}
	return refusal.Kind
}

// The drawing in doc.go, byte for byte. A change here is a change of the protocol's version.
func TestEnvelopeBytesArePinned(t *testing.T) {
	e := example()
	want := strings.Join([]string{
		"454d4252", "02", "01", "0000", "00000007",
		"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf",
		"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3",
		"0102030405060708",
		"0000000000000011", "0000000000000022", "0000000000000033",
		"00000000000000000000000000000000",
		"5e1e1a38",
		hex.EncodeToString([]byte("payload")),
	}, "")
	if got := hex.EncodeToString(e.Append(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEveryFlippedBitIsCaught(t *testing.T) {
	e := example()
	data := e.Append(nil)
	caught := [Kinds]int{}
	for bit := range 8 * len(data) {
		data[bit/8] ^= 1 << (bit % 8)
		opened, err := OpenDatagram(data)
		if err == nil {
			t.Fatalf("bit %d of byte %d flipped, and opened as %+v", bit%8, bit/8, opened)
		}
		caught[kindOf(t, err)]++
		data[bit/8] ^= 1 << (bit % 8)
	}
	// Of the length's 32 bits those that stay below a datagram's size make it look cut (8 more bits) or longer than
	// its end (the 3 set bits); those above are refused at once.
	for kind, want := range map[ErrorKind]int{BadMagic: 32, BadVersion: 8, TooLarge: 21, Truncated: 8} {
		if caught[kind] != want {
			t.Errorf("%d bits were caught as %v, want %d", caught[kind], kind, want)
		}
	}
	if caught[BadChecksum] != 8*len(data)-32-8-21-8 {
		t.Errorf("%d bits were caught by the checksum", caught[BadChecksum])
	}
}

func drawEnvelope(t *rapid.T) Envelope {
	var e Envelope
	e.Kind = Kind(rapid.Byte().Draw(t, "kind"))
	copy(e.Cluster[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "cluster"))
	copy(e.Sender[:], rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "sender"))
	e.Boot = rapid.Uint64().Draw(t, "boot")
	e.Stamp = Stamp{Generation: rapid.Uint64().Draw(t, "generation"), Version: rapid.Uint64().Draw(t, "version"), Hash: rapid.Uint64().Draw(t, "hash")}
	e.Payload = rapid.SliceOf(rapid.Byte()).Draw(t, "payload")
	return e
}

// A stream of envelopes, arriving in pieces, gives the same envelopes, and never an error in between.
func TestEnvelopesOnAStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sent []Envelope
		var stream []byte
		for range rapid.IntRange(1, 4).Draw(t, "envelopes") {
			e := drawEnvelope(t)
			sent = append(sent, e)
			stream = e.Append(stream)
		}
		arrived, received := 0, 0
		for at := 0; at < len(stream); {
			arrived = min(len(stream), arrived+rapid.IntRange(1, 200).Draw(t, "piece"))
			for {
				e, size, err := Open(stream[at:arrived], MaxFrame-Overhead)
				if err != nil {
					t.Fatalf("after %d bytes: %v", arrived, err)
				}
				if size == 0 {
					break
				}
				if !sameEnvelope(e, sent[received]) {
					t.Fatalf("envelope %d came as %+v, want %+v", received, e, sent[received])
				}
				at += size
				received++
			}
		}
		if received != len(sent) {
			t.Fatalf("%d of %d came", received, len(sent))
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	e := example()
	good := e.Append(nil)
	change := func(at int, value byte) []byte {
		data := bytes.Clone(good)
		data[at] = value
		AppendUint32(data[:atChecksum], checksum(data)) // an honest checksum over dishonest bytes
		return data
	}
	for name, test := range map[string]struct {
		data       []byte
		maxPayload int
		want       Error
	}{
		"another protocol":          {[]byte("*1\r\n$4\r\nPING\r\n"), 100, Error{BadMagic, 0}},
		"another protocol, 3 bytes": {[]byte("EMx"), 100, Error{BadMagic, 2}},
		"version 1":                 {change(atVersion, 1), 100, Error{BadVersion, atVersion}},
		"too long for the caller":   {good, 6, Error{TooLarge, atLength}},
		"the same, payload to come": {good[:atCluster], 6, Error{TooLarge, atLength}},
		"kept bytes in use":         {change(atReserved+1, 1), 100, Error{Malformed, atReserved + 1}},
		"tag in use":                {change(atTag+15, 1), 100, Error{Malformed, atTag + 15}},
		"damaged payload":           {append(bytes.Clone(good[:len(good)-1]), 'x'), 100, Error{BadChecksum, atChecksum}},
	} {
		opened, size, err := Open(test.data, test.maxPayload)
		var refusal *Error
		if !errors.As(err, &refusal) || *refusal != test.want || size != 0 || opened.Payload != nil {
			t.Errorf("%s: %+v, %d, %v; want %v", name, opened, size, err, &test.want)
		}
	}
}

func TestOpenDatagramWantsExactlyOneEnvelope(t *testing.T) {
	e := example()
	good := e.Append(nil)
	for length := range good {
		if _, err := OpenDatagram(good[:length]); kindOf(t, err) != Truncated {
			t.Fatalf("%d bytes of %d: %v", length, len(good), err)
		}
	}
	if _, err := OpenDatagram(append(bytes.Clone(good), 0)); kindOf(t, err) != Trailing {
		t.Errorf("with one more byte: %v", err)
	}
	e.Payload = make([]byte, MaxDatagram-Overhead)
	largest := e.Append(nil)
	if opened, err := OpenDatagram(largest); err != nil || len(largest) != MaxDatagram || !sameEnvelope(opened, e) {
		t.Errorf("the largest datagram, %d bytes: %v", len(largest), err)
	}
	e.Payload = append(e.Payload, 0)
	if _, err := OpenDatagram(e.Append(nil)); kindOf(t, err) != TooLarge {
		t.Errorf("one byte more than the largest: %v", err)
	}
}

func TestAppendRefusesAnOversizedPayload(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	e := Envelope{Payload: make([]byte, MaxFrame-Overhead+1)}
	e.Append(nil)
}

func TestEnvelopeAllocatesNothing(t *testing.T) {
	e := example()
	buffer := make([]byte, 0, MaxDatagram)
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := OpenDatagram(e.Append(buffer)); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

// Whatever Open accepts, Append writes again in the same bytes.
func FuzzOpen(f *testing.F) {
	e := example()
	good := e.Append(nil)
	f.Add(good, 1000)
	f.Add(good[:40], 1000)
	f.Add(append(bytes.Clone(good), good...), 3)
	f.Add([]byte("EMBR"), -1)
	f.Fuzz(func(t *testing.T, data []byte, maxPayload int) {
		if len(data) >= Overhead { // past the checksum, which fuzzing would hardly guess
			end := min(uint64(len(data)), Overhead+uint64(binary.BigEndian.Uint32(data[atLength:])))
			data = bytes.Clone(data)
			AppendUint32(data[:atChecksum], checksum(data[:end]))
		}
		e, size, err := Open(data, maxPayload)
		if err != nil {
			kindOf(t, err)
			return
		}
		if size > len(data) || len(e.Payload) > max(maxPayload, 0) {
			t.Fatalf("size %d, payload %d of %d bytes", size, len(e.Payload), len(data))
		}
		if size > 0 && !bytes.Equal(e.Append(nil), data[:size]) {
			t.Fatalf("%x is written as %x", data[:size], e.Append(nil))
		}
	})
}
