// Command decode reads BOLT 11 invoices, one a line, and writes a line of JSON for each: what lnd's own reader makes
// of it, or its error.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"log"
	"os"
	"sort"
	"strings"

	"github.com/btcsuite/btcd/chaincfg"
	"github.com/lightningnetwork/lnd/zpay32"
)

// Longest line: the invoice with the most hints stays far below it.
const maxLine = 1 << 20

// A prefix that begins like another one comes first.
var networks = []struct {
	prefix string
	params *chaincfg.Params
}{
	{"lnbcrt", &chaincfg.RegressionNetParams},
	{"lntbs", &chaincfg.SigNetParams},
	{"lntb", &chaincfg.TestNet3Params},
	{"lnsb", &chaincfg.SimNetParams},
	{"lnbc", &chaincfg.MainNetParams},
}

type hop struct {
	NodeID          string `json:"nodeId"`
	ShortChannelID  uint64 `json:"shortChannelId,string"`
	FeeBase         uint32 `json:"feeBase"`
	FeeProportional uint32 `json:"feeProportional"`
	CltvDelta       uint16 `json:"cltvDelta"`
}

type answer struct {
	Error           string  `json:"error,omitempty"`
	PaymentHash     string  `json:"paymentHash,omitempty"`
	PaymentSecret   string  `json:"paymentSecret,omitempty"`
	Payee           string  `json:"payee,omitempty"`
	Amount          *uint64 `json:"amount,omitempty,string"`
	Description     *string `json:"description,omitempty"`
	DescriptionHash string  `json:"descriptionHash,omitempty"`
	Metadata        string  `json:"metadata,omitempty"`
	Timestamp       int64   `json:"timestamp"`
	ExpirySeconds   int64   `json:"expirySeconds"`
	MinFinalCltv    uint64  `json:"minFinalCltv"`
	Features        []int   `json:"features"`
	RouteHints      [][]hop `json:"routeHints"`
	Fallback        string  `json:"fallback,omitempty"`
}

func paramsOf(text string) *chaincfg.Params {
	lower := strings.ToLower(text)
	for _, network := range networks {
		if strings.HasPrefix(lower, network.prefix) {
			return network.params
		}
	}
	return &chaincfg.MainNetParams
}

func read(text string) answer {
	invoice, err := zpay32.Decode(text, paramsOf(text))
	if err != nil {
		return answer{Error: err.Error()}
	}
	found := answer{
		PaymentHash:   hex.EncodeToString(invoice.PaymentHash[:]),
		Payee:         hex.EncodeToString(invoice.Destination.SerializeCompressed()),
		Description:   invoice.Description,
		Metadata:      hex.EncodeToString(invoice.Metadata),
		Timestamp:     invoice.Timestamp.Unix(),
		ExpirySeconds: int64(invoice.Expiry().Seconds()),
		MinFinalCltv:  invoice.MinFinalCLTVExpiry(),
		Features:      []int{},
		RouteHints:    [][]hop{},
	}
	invoice.PaymentAddr.WhenSome(func(secret [32]byte) {
		found.PaymentSecret = hex.EncodeToString(secret[:])
	})
	if invoice.MilliSat != nil {
		amount := uint64(*invoice.MilliSat)
		found.Amount = &amount
	}
	if invoice.DescriptionHash != nil {
		found.DescriptionHash = hex.EncodeToString(invoice.DescriptionHash[:])
	}
	if invoice.FallbackAddr != nil {
		found.Fallback = invoice.FallbackAddr.String()
	}
	for bit := range invoice.Features.Features() {
		found.Features = append(found.Features, int(bit))
	}
	sort.Ints(found.Features)
	for _, hint := range invoice.RouteHints {
		hops := []hop{}
		for _, h := range hint {
			hops = append(hops, hop{
				NodeID:          hex.EncodeToString(h.NodeID.SerializeCompressed()),
				ShortChannelID:  h.ChannelID,
				FeeBase:         h.FeeBaseMSat,
				FeeProportional: h.FeeProportionalMillionths,
				CltvDelta:       h.CLTVExpiryDelta,
			})
		}
		found.RouteHints = append(found.RouteHints, hops)
	}
	return found
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := out.Encode(read(lines.Text())); err != nil {
			log.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}
