package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
)

const (
	streamMagic = "EMT"
	randomSize  = 32
	// openingSize is the opener's first bytes: magic, version, id of the secret, its bus, random bytes.
	openingSize = len(streamMagic) + 1 + len(KeyID{}) + len(Session{}) + randomSize

	// maxContent bounds what is in one record, so that a receiver holds little that is not verified yet.
	maxContent = 16 << 10
	// atType and recordHeader are where a record's type and its content begin, behind the length.
	atType, recordHeader = 4, 5
	// recordOverhead is how many bytes longer a record is than its content.
	recordOverhead = recordHeader + tagSize

	// recordGenerationBits is how many bits of a record's number do not choose its key.
	recordGenerationBits = 20
)

// The types of records.
const (
	recordConfirm byte = iota + 1
	recordData
	recordEnd
)

// A Stream seals and opens the bytes of one stream. It is a machine without input or output of its own.
type Stream struct {
	ring *Ring
	bus  Session
	// opener is set at the side that has opened the stream.
	opener bool
	// first are this side's first bytes: the opener's opening, the acceptor's random bytes.
	first []byte
	// secret is chosen by the opener, nil until the acceptor knows it.
	secret *secret
	// keyed says that both sides' first bytes are there, confirmed that the other side has proven to know the secret.
	keyed, confirmed bool
	out, in          direction
	// ended is set by the last record.
	ended bool
	// input is what Receive has not taken yet, rest what was left of it for the next call: less than a record.
	input, rest []byte
	// opened is the room for what Receive returns.
	opened  []byte
	failure error
}

// maxKeptRoom bounds the room in bytes that a stream keeps while there is nothing in it.
const maxKeptRoom = 256 << 10

// A direction of a stream numbers its records and knows their key.
type direction struct {
	use    string
	salt   []byte
	number uint64
	aead   cipher.AEAD
	nonce  nonce
}

// Received is what has come of bytes that a stream has received.
type Received struct {
	// Send is to be sent back.
	Send []byte
	// Confirmed says that the other side has now proven to know the secret. Nothing may be sealed before.
	Confirmed bool
	// Data are the bytes that were sealed, valid until the next call.
	Data []byte
}

// OpenStream begins a stream, and returns what is to be sent first. Bus is a name of this bus that no other one has.
func OpenStream(ring *Ring, bus Session, random func([]byte)) (s *Stream, opening []byte) {
	s = &Stream{ring: ring, bus: bus, opener: true, secret: ring.first()}
	s.first = append(s.first, streamMagic...)
	s.first = append(s.first, datagramVersion)
	s.first = append(s.first, s.secret.id[:]...)
	s.first = append(s.first, bus[:]...)
	s.first = append(s.first, drawn(random)...)
	return s, s.first
}

// AcceptStream begins a stream that a peer has opened.
func AcceptStream(ring *Ring, bus Session, random func([]byte)) *Stream {
	return &Stream{ring: ring, bus: bus, first: drawn(random)}
}

func drawn(random func([]byte)) []byte {
	bytes := make([]byte, randomSize)
	random(bytes)
	return bytes
}

// SetRing changes the secrets that are accepted. It reports whether the stream's own is still among them, or is not chosen yet.
func (s *Stream) SetRing(ring *Ring) (accepted bool) {
	s.ring = ring
	return s.secret == nil || ring.find(s.secret.id) != nil
}

// Unread returns the bytes that were received and not taken: all of them, if the stream was refused for not being sealed.
func (s *Stream) Unread() []byte { return s.rest }

// Ended reports whether the other side has ended the stream, so that nothing of it is missing.
func (s *Stream) Ended() bool { return s.ended }

// Receive takes bytes that have arrived. After an error, which is an *Error, the stream cannot be used any more; what had
// been opened before is returned with it.
func (s *Stream) Receive(data []byte) (r Received, err error) {
	if s.failure != nil {
		return r, s.failure
	}
	s.input = data
	if len(s.rest) > 0 {
		s.rest = append(s.rest, data...)
		s.input = s.rest
	}
	r.Data = s.opened[:0]
	for s.failure == nil && s.step(&r) {
	}
	s.rest, s.input = append(s.rest[:0], s.input...), nil
	s.opened = r.Data
	if cap(s.rest)+cap(s.opened) > maxKeptRoom {
		s.rest, s.opened = bytes.Clone(s.rest), nil
	}
	return r, s.failure
}

// step takes the next part of what was received, and reports whether there was one.
func (s *Stream) step(r *Received) bool {
	switch {
	case s.keyed:
		return s.record(r)
	case s.opener:
		return s.takeAnswer()
	}
	return s.takeOpening(r)
}

// takeOpening is the acceptor's part: it judges the opener's first bytes as they come, and answers.
func (s *Stream) takeOpening(r *Received) bool {
	if err := checkOpening(s.input); err != nil {
		s.failure = err
		return false
	}
	if len(s.input) < openingSize {
		return false
	}
	opening := s.input[:openingSize]
	rest := opening[len(streamMagic)+1:]
	s.secret = s.ring.find(KeyID(rest))
	switch {
	case s.secret == nil:
		s.failure = refuse(UnknownSecret)
		return false
	case Session(rest[len(KeyID{}):]) == s.bus:
		s.failure = refuse(Reflected)
		return false
	}
	s.derive(opening, s.first)
	s.input = s.input[openingSize:]
	r.Send = s.out.seal(s.secret, append(r.Send, s.first...), recordConfirm, nil)
	return true
}

func checkOpening(data []byte) error {
	magic := data[:min(len(data), len(streamMagic))]
	switch {
	case string(magic) != streamMagic[:len(magic)]:
		return refuse(NotSealed)
	case len(data) > len(streamMagic) && data[len(streamMagic)] != datagramVersion:
		return refuse(BadVersion)
	}
	return nil
}

// takeAnswer is the opener's part: with the acceptor's random bytes it has the keys.
func (s *Stream) takeAnswer() bool {
	if len(s.input) < randomSize {
		return false
	}
	s.derive(s.first, s.input[:randomSize])
	s.input = s.input[randomSize:]
	return true
}

// derive gives each direction its key, which depends on all that was said in the open.
func (s *Stream) derive(opening, answer []byte) {
	both := sha256.New()
	both.Write(opening)
	both.Write(answer)
	salt := both.Sum(nil)
	s.out, s.in = direction{use: "stream to acceptor", salt: salt}, direction{use: "stream to opener", salt: salt}
	if !s.opener {
		s.out, s.in = s.in, s.out
	}
	s.keyed = true
}

// record opens the next record, if it is there as a whole.
func (s *Stream) record(r *Received) bool {
	if len(s.input) < recordHeader {
		return false
	}
	length := binary.BigEndian.Uint32(s.input)
	if length > maxContent {
		s.failure = refuse(Malformed)
		return false
	}
	size := int(length) + recordOverhead
	if len(s.input) < size {
		return false
	}
	record := s.input[:size]
	s.input = s.input[size:]
	s.failure = s.take(r, record)
	return s.failure == nil
}

// take opens a record and does what it says. The first one confirms, and no other does; nothing comes after the last one.
func (s *Stream) take(r *Received, record []byte) error {
	kind, before := record[atType], len(r.Data)
	data, err := s.in.open(s.secret, r.Data, record)
	if err != nil {
		return err
	}
	if s.ended || s.confirmed == (kind == recordConfirm) || kind != recordData && len(data) > before {
		return refuse(Malformed)
	}
	switch kind {
	case recordConfirm:
		s.confirmed, r.Confirmed = true, true
		if s.opener {
			r.Send = s.out.seal(s.secret, r.Send, recordConfirm, nil)
		}
	case recordData:
		r.Data = data
	case recordEnd:
		s.ended = true
	default:
		return refuse(Malformed)
	}
	return nil
}

// Seal appends the sealed form of bytes to be sent. It panics before the stream is confirmed.
func (s *Stream) Seal(dst, data []byte) []byte {
	s.mustBeConfirmed()
	for len(data) > 0 {
		part := data[:min(len(data), maxContent)]
		dst = s.out.seal(s.secret, dst, recordData, part)
		data = data[len(part):]
	}
	return dst
}

// End appends the last record.
func (s *Stream) End(dst []byte) []byte {
	s.mustBeConfirmed()
	return s.out.seal(s.secret, dst, recordEnd, nil)
}

func (s *Stream) mustBeConfirmed() {
	if !s.confirmed {
		panic("seal: a stream is written to before the other side has confirmed it")
	}
}

// key returns the key of the direction's next record.
func (d *direction) key(s *secret) cipher.AEAD {
	if d.aead == nil || d.number&(1<<recordGenerationBits-1) == 0 {
		d.aead = s.key(d.use, d.salt, d.number>>recordGenerationBits)
	}
	return d.aead
}

// seal appends the direction's next record.
func (d *direction) seal(s *secret, dst []byte, kind byte, content []byte) []byte {
	key, start := d.key(s), len(dst)
	dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(content))), kind)
	dst = key.Seal(dst, d.nonce.of(d.number), content, dst[start:])
	d.number++
	return dst
}

// open verifies the direction's next record, and appends its content.
func (d *direction) open(s *secret, dst, record []byte) ([]byte, error) {
	dst, err := d.key(s).Open(dst, d.nonce.of(d.number), record[recordHeader:], record[:recordHeader])
	if err != nil {
		return nil, refuse(Forged)
	}
	d.number++
	return dst, nil
}
