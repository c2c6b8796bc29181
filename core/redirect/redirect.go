package redirect

import "strconv"

// Moved says that the slot is served by another node from now on.
type Moved struct {
	Slot     uint16
	Endpoint string // address or host name; empty: the host that the client is connected to
	Port     uint16
}

// Ask says that this one request is to be repeated at another node, behind ASKING.
type Ask struct {
	Slot     uint16
	Endpoint string // address or host name; empty: the host that the client is connected to
	Port     uint16
}

// Error returns the error line, as in "MOVED 16287 127.0.0.1:17003".
func (m Moved) Error() string { return string(m.AppendText(nil)) }

// AppendText appends the error line.
func (m Moved) AppendText(dst []byte) []byte {
	return appendLine(append(dst, movedCode...), m.Slot, m.Endpoint, m.Port)
}

// Error returns the error line, as in "ASK 16287 127.0.0.1:17003".
func (a Ask) Error() string { return string(a.AppendText(nil)) }

// AppendText appends the error line.
func (a Ask) AppendText(dst []byte) []byte {
	return appendLine(append(dst, askCode...), a.Slot, a.Endpoint, a.Port)
}

const (
	movedCode = "MOVED "
	askCode   = "ASK "
)

func appendLine(dst []byte, slot uint16, endpoint string, port uint16) []byte {
	dst = strconv.AppendUint(dst, uint64(slot), 10)
	dst = append(dst, ' ')
	dst = append(dst, endpoint...)
	dst = append(dst, ':')
	return strconv.AppendUint(dst, uint64(port), 10)
}

// Error is one of the cluster's errors that name no node: its value is the whole line.
type Error string

func (e Error) Error() string { return string(e) }

// The lines of Redis 7.2.
const (
	CrossSlot           Error = "CROSSSLOT Keys in request don't hash to the same slot"
	TryAgain            Error = "TRYAGAIN Multiple keys request during rehashing of slot"
	SlotNotServed       Error = "CLUSTERDOWN Hash slot not served"
	ClusterDown         Error = "CLUSTERDOWN The cluster is down"
	ClusterDownReadOnly Error = "CLUSTERDOWN The cluster is down and only accepts read commands"
	ExecAborted         Error = "EXECABORT Transaction discarded because of previous errors."
	SelectNotAllowed    Error = "ERR SELECT is not allowed in cluster mode"
)
