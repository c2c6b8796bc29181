package redirect

import (
	"bytes"
	"strconv"
)

// Kind tells the two redirections apart.
type Kind uint8

const (
	KindMoved Kind = iota + 1
	KindAsk
)

func (k Kind) String() string {
	switch k {
	case KindMoved:
		return "MOVED"
	case KindAsk:
		return "ASK"
	}
	return "no redirection"
}

// Redirect is a redirection as a client reads it.
type Redirect struct {
	Kind     Kind
	Slot     uint16
	Endpoint string // empty: the host that sent it
	Port     uint16
}

// slotCount is the number of slots of a cluster; this package imports nothing of ours.
const slotCount = 16384

// Parse reads an error line without the leading '-' and the CRLF. It reports false for every line that is not a well-formed
// MOVED or ASK: to the client that is an error like any other.
func Parse(line []byte) (Redirect, bool) {
	var r Redirect
	rest, moved := bytes.CutPrefix(line, []byte(movedCode))
	r.Kind = KindMoved
	if !moved {
		var ask bool
		if rest, ask = bytes.CutPrefix(line, []byte(askCode)); !ask {
			return Redirect{}, false
		}
		r.Kind = KindAsk
	}
	slotText, address, ok := bytes.Cut(rest, []byte(" "))
	if !ok || bytes.ContainsAny(address, " \r\n") {
		return Redirect{}, false
	}
	colon := bytes.LastIndexByte(address, ':')
	if colon < 0 {
		return Redirect{}, false
	}
	slot, slotOK := parseNumber(slotText)
	port, portOK := parseNumber(address[colon+1:])
	if !slotOK || slot >= slotCount || !portOK || port == 0 {
		return Redirect{}, false
	}
	r.Slot, r.Endpoint, r.Port = slot, string(address[:colon]), port
	return r, true
}

// parseNumber reads a decimal number without sign or leading zero.
func parseNumber(text []byte) (uint16, bool) {
	if len(text) > 1 && text[0] == '0' {
		return 0, false
	}
	number, err := strconv.ParseUint(string(text), 10, 16)
	return uint16(number), err == nil
}
