package seal

import (
	"bytes"
	"crypto/cipher"
	"slices"

	"github.com/ember-cluster/ember/transport"
)

// Opened is what has come of a datagram that was not refused.
type Opened struct {
	// Data is for the receiver if HasData is set.
	Data    []byte
	HasData bool
	// Answers are to be sent.
	Answers []Packet
}

// A Packet is a datagram to be sent.
type Packet struct {
	To    transport.Address
	Bytes []byte
}

func answer(to transport.Address, packet []byte) Opened {
	return Opened{Answers: []Packet{{to, packet}}}
}

// Open judges a datagram that has arrived from an address. The error is an *Error; with a stale session it may come
// with an answer all the same.
func (d *Datagrams) Open(from transport.Address, packet []byte) (Opened, error) {
	h, err := parseHeader(packet)
	if err != nil {
		return Opened{}, err
	}
	s := d.ring.find(h.secret)
	switch {
	case s == nil:
		return Opened{}, refuse(UnknownSecret)
	case h.sender == d.session:
		return Opened{}, refuse(Reflected)
	}
	switch h.kind {
	case kindHello:
		return d.openHello(from, &h, s, packet)
	case kindWelcome:
		return d.openWelcome(&h, s, packet)
	case kindStale:
		return d.openStale(&h, s, packet)
	}
	return d.openData(from, &h, s, packet)
}

// openContent verifies a datagram and decrypts it.
func (d *Datagrams) openContent(h *header, key cipher.AEAD, packet []byte) ([]byte, error) {
	content, err := key.Open(d.opened[:0], d.nonce.of(h.number), packet[headerSize:], packet[:headerSize])
	if err != nil {
		return nil, refuse(Forged)
	}
	d.opened = content
	return content, nil
}

// openControl opens a message whose content has the size of a session.
func (d *Datagrams) openControl(h *header, s *secret, packet []byte) (content [16]byte, err error) {
	plain, err := d.openContent(h, h.key(s), packet)
	if err != nil {
		return content, err
	}
	if len(plain) != len(content) {
		return content, refuse(Malformed)
	}
	return [16]byte(plain), nil
}

// openHello answers a question for this session. The question may be an old one: nothing is learnt from it.
func (d *Datagrams) openHello(from transport.Address, h *header, s *secret, packet []byte) (Opened, error) {
	if h.receiver != (Session{}) {
		return Opened{}, refuse(Malformed)
	}
	content, err := d.openControl(h, s, packet)
	if err != nil {
		return Opened{}, err
	}
	return answer(from, d.control(kindWelcome, h.sender, content[:])), nil
}

// openWelcome learns a peer's session, and sends what was kept for it. Where the welcome comes from says nothing: the peer
// may be known under another address than it sends from.
func (d *Datagrams) openWelcome(h *header, s *secret, packet []byte) (Opened, error) {
	if h.receiver != d.session {
		return Opened{}, refuse(StaleSession)
	}
	content, err := d.openControl(h, s, packet)
	if err != nil {
		return Opened{}, err
	}
	p := d.asked[content]
	if p == nil {
		return Opened{}, refuse(Unsolicited)
	}
	delete(d.asked, content)
	p.asking = false
	d.meet(p, h.sender)
	var opened Opened
	for _, data := range p.kept {
		opened.Answers = append(opened.Answers, Packet{p.address, bytes.Clone(d.sealTo(p, data))})
	}
	p.kept = nil
	return opened, nil
}

// meet notes that a peer has a session.
func (d *Datagrams) meet(p *peer, session Session) {
	if p.known && p.session == session {
		return
	}
	if p.known {
		rest := slices.DeleteFunc(d.bySession[p.session], func(other *peer) bool { return other == p })
		if d.bySession[p.session] = rest; len(rest) == 0 {
			delete(d.bySession, p.session)
		}
	}
	p.session, p.known, p.key = session, true, cachedKey{}
	d.bySession[session] = append(d.bySession[session], p)
}

// openStale asks a peer that does not have the session any more under which it was known. Until it answers that one stays:
// what tells us so is authentic, yet it may have been made out of a datagram that went astray.
func (d *Datagrams) openStale(h *header, s *secret, packet []byte) (Opened, error) {
	if h.receiver != d.session {
		return Opened{}, refuse(StaleSession)
	}
	content, err := d.openControl(h, s, packet)
	if err != nil {
		return Opened{}, err
	}
	peers := d.bySession[content]
	if len(peers) == 0 {
		return Opened{}, refuse(Unsolicited)
	}
	var opened Opened
	for _, p := range peers {
		opened.Answers = append(opened.Answers, Packet{p.address, bytes.Clone(d.ask(p))})
	}
	return opened, nil
}

// openData takes what a peer has to say, once. Data for another session is answered, if it is authentic.
func (d *Datagrams) openData(from transport.Address, h *header, s *secret, packet []byte) (Opened, error) {
	if h.receiver != d.session {
		if _, err := d.openContent(h, h.key(s), packet); err != nil {
			return Opened{}, err
		}
		return d.tellStale(from, h)
	}
	known, place := d.senders[h.sender], d.ring.place(s)
	if known != nil && !known.window.isFresh(h.number) {
		return Opened{}, refuse(Replayed)
	}
	key := d.keyOf(known, place, h, s)
	data, err := d.openContent(h, key, packet)
	if err != nil {
		return Opened{}, err
	}
	if known == nil {
		if len(d.senders) == maxSenders {
			d.begin()
			return d.tellStale(from, h)
		}
		known = &sender{}
		d.senders[h.sender] = known
	}
	known.window.take(h.number)
	known.keys[place] = cachedKey{key, s.id, h.generation()}
	return Opened{Data: data, HasData: true}, nil
}

// tellStale answers authentic data for a session that is not this one.
func (d *Datagrams) tellStale(from transport.Address, h *header) (Opened, error) {
	meant := h.receiver
	return answer(from, d.control(kindStale, h.sender, meant[:])), refuse(StaleSession)
}

// keyOf returns the key of data. It is kept once it has opened some.
func (d *Datagrams) keyOf(known *sender, place int, h *header, s *secret) cipher.AEAD {
	if known != nil && known.keys[place].fits(s, h) {
		return known.keys[place].aead
	}
	return h.key(s)
}
