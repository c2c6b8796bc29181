package load

import (
	"bytes"
	"fmt"
	"strconv"
)

// replySize returns the size of the RESP2 reply at the start of the received bytes, 0 if it is not all there. It is an error if
// that is an error reply, or something else that the load cannot have asked for.
//
// It looks at no more than it must: the generator has to be quicker than the server.
func replySize(received []byte) (int, error) {
	at := 0
	for lacking := 1; lacking > 0; lacking-- {
		end := bytes.IndexByte(received[at:], '\n')
		if end < 0 {
			return 0, nil
		}
		line := bytes.TrimSuffix(received[at:at+end], []byte("\r"))
		at += end + 1
		if len(line) == 0 {
			return 0, fmt.Errorf("a reply begins with an empty line")
		}
		switch line[0] {
		case '+', ':':
			continue
		case '$', '*':
		default:
			return 0, fmt.Errorf("the server says: %s", line)
		}
		n, err := strconv.Atoi(string(line[1:]))
		if err != nil {
			return 0, fmt.Errorf("a reply has the length %q", line[1:])
		}
		if n < 0 {
			continue
		}
		if line[0] == '*' {
			lacking += n
		} else if at += n + len("\r\n"); at > len(received) {
			return 0, nil
		}
	}
	return at, nil
}
