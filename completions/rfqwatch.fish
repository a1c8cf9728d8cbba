# rfqwatch in fish. Made from the declared options by: python -m rfqwatch.reference

# What stands before the cursor: the command, the options given, the one whose value is awaited, how
# many arguments. It is asked for every option, so it is remembered.
function __rfqwatch_look
    set -l tokens (commandline -opc)
    test "$tokens" = "$__rfqwatch_tokens"; and return
    set -g __rfqwatch_tokens $tokens
    set -g __rfqwatch_command rfqwatch
    set -g __rfqwatch_given
    set -g __rfqwatch_awaited
    set -g __rfqwatch_arguments 0
    set -l literal
    for token in $tokens[2..-1]
        if test -n "$__rfqwatch_awaited"
            set __rfqwatch_awaited
        else if test -n "$literal"; or not string match -qr -- '^-.' $token
            if test $__rfqwatch_command = rfqwatch
                set __rfqwatch_command $token
                set __rfqwatch_given
            else
                set __rfqwatch_arguments (math $__rfqwatch_arguments + 1)
            end
        else if test "$token" = --
            set literal yes
        else if string match -q -- '--*' $token
            set -l parts (string split -m1 -- = $token)
            set -a __rfqwatch_given $parts[1]
            if not set -q parts[2]; and __rfqwatch_has_value $parts[1]
                set __rfqwatch_awaited $parts[1]
            end
        else
            set -l letters (string split '' -- (string sub -s 2 -- $token))
            while set -q letters[1]
                set -a __rfqwatch_given -$letters[1]
                if __rfqwatch_has_value -$letters[1]
                    set -q letters[2]; or set __rfqwatch_awaited -$letters[1]
                    break
                end
                set -e letters[1]
            end
        end
    end
end

function __rfqwatch_has_value
    contains -- $argv[1] --buffer --collection --color --columns --count --creator --duration --env --event --exclude --fps --from --group --idle-timeout --include --keep --key-command --key-file --key-id --legs --market --max-age --max-cost --max-retries --min-contracts --min-cost --output --port --profile --quiet-timeout --record --rotate --shard --sim-fault --sim-rate --sim-seed --since --sort --speed --svg --top --type --until --url -e -i -n -o
end

# Whether these commands' option of these names may come next, or its value: again if it can be
# repeated.
function __rfqwatch_again
    __rfqwatch_look
    contains -- $__rfqwatch_command (string split ' ' -- $argv[1]); or return
    test -z "$__rfqwatch_awaited"; or contains -- $__rfqwatch_awaited $argv[2..-1]
end

function __rfqwatch_once
    __rfqwatch_again $argv; or return
    for name in $argv[2..-1]
        contains -- $name $__rfqwatch_given; and test "$__rfqwatch_awaited" != $name; and return 1
    end
    return 0
end

# Whether this argument of this command comes next, or any where no number is told.
function __rfqwatch_at
    __rfqwatch_look
    test -z "$__rfqwatch_awaited"; and test "$__rfqwatch_command" = $argv[1]; or return
    not set -q argv[2]; or test $__rfqwatch_arguments = $argv[2]
end

function __rfqwatch_awaits
    __rfqwatch_look
    test "$__rfqwatch_awaited" = $argv[1]
end

function __rfqwatch_typed
    commandline -ct | string replace -r -- '^--[^=]*=' ''
end

# Offers what is not in the list yet.
function __rfqwatch_list
    set -l before (__rfqwatch_typed | string match -r -- '.*,')
    for each in $argv
        contains -- (string replace -r -- '\t.*' '' $each) (string split -- , $before)
        or printf '%s\n' "$before$each"
    end
end

function __rfqwatch_profiles
    set -l config ~/.config
    set -q XDG_CONFIG_HOME; and set config $XDG_CONFIG_HOME
    sed -n 's/^ *\[ *profile *\. *"\{0,1\}\([A-Za-z0-9_-]\{1,\}\)"\{0,1\} *\].*/\1/p' $config/rfqwatch/config.toml 2>/dev/null
end

complete -c rfqwatch -f
complete -c rfqwatch -n '__rfqwatch_at rfqwatch 0' -k -a 'tail\\t"Print the exchange\'s RFQ stream as JSON lines" table\\t"Show which RFQs are open now, and what was quoted on them" record\\t"Keep the exchange\'s RFQ stream in files of a directory" report\\t"Sum up recordings" check\\t"Check the way to the exchange" simulate\\t"Serve a simulated exchange to other programs" config\\t"Print the settings that are in effect, and what gave each" schema\\t"Print the JSON Schema of the lines that tail prints"'
complete -c rfqwatch -n '__rfqwatch_once "rfqwatch" -V --version' -s V -l version -d 'Print the version'
complete -c rfqwatch -n '__rfqwatch_once "rfqwatch tail table record report check simulate config schema" -h --help' -s h -l help -d 'Show this message and exit'
complete -c rfqwatch -n '__rfqwatch_once "tail table record check" --env' -l env -r -f -k -a 'prod demo sim' -d 'Where to connect'
complete -c rfqwatch -n '__rfqwatch_once "tail table record check" --url' -l url -r -f -d 'Any other endpoint'
complete -c rfqwatch -n '__rfqwatch_once "tail table record check" --key-id' -l key-id -r -f -d 'API key id'
complete -c rfqwatch -n '__rfqwatch_once "tail table record check" --key-file' -l key-file -r -F -d 'Private key in PEM, RSA or Ed25519'
complete -c rfqwatch -n '__rfqwatch_once "tail table record check" --key-command' -l key-command -r -f -d 'Take the private key from what a command prints'
complete -c rfqwatch -n '__rfqwatch_once "tail table record" --max-retries' -l max-retries -r -f -d 'Give up after so many attempts in a row'
complete -c rfqwatch -n '__rfqwatch_once "tail table record" --no-reconnect' -l no-reconnect -d 'End when the connection is lost'
complete -c rfqwatch -n '__rfqwatch_once "tail table record" --idle-timeout' -l idle-timeout -r -f -k -a '10s 30s 1m' -d 'Reconnect when nothing at all is heard for so long'
complete -c rfqwatch -n '__rfqwatch_once "tail table record" --quiet-timeout' -l quiet-timeout -r -f -k -a '30s 60s 5m' -d 'Doubt the subscription when no message came for so long'
complete -c rfqwatch -n '__rfqwatch_once "tail table record check" --shard' -l shard -r -f -k -a '0/2\\t"one half of the markets" 1/2\\t"the other half" all/2\\t"all of them, over two connections" 0/4\\t"the first quarter" 1/4\\t"the second quarter" 2/4\\t"the third quarter" 3/4\\t"the last quarter" 0,1/4\\t"two quarters, over two connections" all/4\\t"all of them, over four connections"' -d 'Watch a part of the channel'
complete -c rfqwatch -n '__rfqwatch_once "tail table record check" --mine' -l mine -d 'Your own RFQs only'
complete -c rfqwatch -n '__rfqwatch_again "tail table record report" --type' -l type -r -f -k -a 'batch_quote_accepted batch_quote_created batch_quote_executed quote_accepted quote_created quote_executed rfq_batch_best_quotes rfq_batch_created rfq_batch_deleted rfq_batch_executed rfq_created rfq_deleted' -d 'Messages of this type, or of a pattern'
complete -c rfqwatch -n '__rfqwatch_again "tail table record report" --market' -l market -r -f -d 'RFQs whose market, or a leg\'s, fits'
complete -c rfqwatch -n '__rfqwatch_again "tail table record report" --event' -l event -r -f -d 'RFQs whose event, or a leg\'s, fits'
complete -c rfqwatch -n '__rfqwatch_again "tail table record report" --collection' -l collection -r -f -d 'Combos whose collection fits'
complete -c rfqwatch -n '__rfqwatch_once "tail table record report" --combo --no-combo' -l combo -l no-combo -d 'Combos only, or none'
complete -c rfqwatch -n '__rfqwatch_again "tail table record report" --legs' -l legs -r -f -k -a '2\\t"two" 2..5\\t"two to five" 3..\\t"three or more" ..4\\t"four or fewer"' -d 'RFQs of so many legs'
complete -c rfqwatch -n '__rfqwatch_once "tail table record report" --min-cost' -l min-cost -r -f -d 'RFQs of so many dollars or more'
complete -c rfqwatch -n '__rfqwatch_once "tail table record report" --max-cost' -l max-cost -r -f -d 'RFQs of so many dollars or less'
complete -c rfqwatch -n '__rfqwatch_once "tail table record report" --min-contracts' -l min-contracts -r -f -d 'RFQs of so many contracts or more'
complete -c rfqwatch -n '__rfqwatch_again "tail table record report" --creator' -l creator -r -f -d 'RFQs of creators whose id begins so'
complete -c rfqwatch -n '__rfqwatch_again "tail table record report" -i --include' -s i -l include -r -f -d 'Lines in which this is found, and what belongs to their RFQs'
complete -c rfqwatch -n '__rfqwatch_again "tail table record report" -e --exclude' -s e -l exclude -r -f -d 'No lines in which this is found'
complete -c rfqwatch -n '__rfqwatch_once "tail table record report" --known' -l known -d 'Of deletions and quotes only those whose RFQ was seen'
complete -c rfqwatch -n '__rfqwatch_once "tail table record" -n --count' -s n -l count -r -f -d 'End after so many events, of those selected'
complete -c rfqwatch -n '__rfqwatch_once "tail table record" --duration' -l duration -r -f -k -a '10s 30s 5m 1h' -d 'End after so long'
complete -c rfqwatch -n '__rfqwatch_once "tail table record" --fail-on-gap' -l fail-on-gap -d 'Exit with 7 at the end if anything was missed'
complete -c rfqwatch -n '__rfqwatch_once "tail table record report check" -v --verbose' -s v -l verbose -d 'Say what the connection does, each step of it'
complete -c rfqwatch -n '__rfqwatch_once "tail table record report check" -q --quiet' -s q -l quiet -d 'Say nothing but errors'
complete -c rfqwatch -n '__rfqwatch_once "tail table record check simulate" --sim-rate' -l sim-rate -r -f -d 'Frames a second'
complete -c rfqwatch -n '__rfqwatch_once "tail table record check simulate" --sim-seed' -l sim-seed -r -f -d 'Repeat the traffic and faults of this number'
complete -c rfqwatch -n '__rfqwatch_once "tail table record check simulate" --sim-fault' -l sim-fault -r -f -k -a '(__rfqwatch_list reset\\t"the connection is reset (TCP RST)" drop\\t"the connection ends without a close frame (1006)" close-1001\\t"closed: going away" close-1011\\t"closed: internal error" close-1012\\t"closed: service restart" close-1013\\t"closed: try again later" half-open\\t"the connection falls silent: no data, pings or close" overflow\\t"error 25 ends the subscription, not the connection" channel-error\\t"error 10 ends the subscription, not the connection" odd-error\\t"an error of another shape each time ends the subscription" deaf\\t"the subscription ends without a word, while pings go on" no-list\\t"from then on list_subscriptions is unknown (error 5)" late-frames\\t"error 10, then the old sid\'s frames after the new ack" seq-hole\\t"1 to 5 frames are lost, their numbers with them" no-seq\\t"frames carry no seq from then on" odd-seq\\t"a frame with a seq of another type each time" repeat\\t"a frame is sent twice with the same seq" backward\\t"a frame is sent again with an older seq" malformed\\t"a hostile frame, of another kind each time" drift\\t"fields are renamed or retyped, in another way each time" unknown-type\\t"a frame of a type nobody knows" too-big\\t"a frame of 10 MB" fragments\\t"a message split over many WebSocket frames" bomb\\t"a small compressed frame that inflates to 32 MiB" expired\\t"the clock jumps: the next handshake is 401 (expired)" http-408\\t"the next handshake is refused: 408" http-429\\t"the next handshake is refused: 429" http-503\\t"the next handshake is refused: 503 with an HTML body" maintenance\\t"closed up to the next handshake, which is a 503" slow-ack\\t"the next subscribe is acknowledged late" no-ack\\t"the next subscribe is never acknowledged" timeout-18\\t"the next subscribe fails: error 18, command timeout" busy-27\\t"the next subscribe fails: error 27, too many requests")' -d 'Faults, now and then or at a data frame'
complete -c rfqwatch -n '__rfqwatch_once "tail table report" --since' -l since -r -f -k -a '-10m -1h -1d' -d 'From when on to show'
complete -c rfqwatch -n '__rfqwatch_awaits --since' -f -k -a '-10m -1h -1d'
complete -c rfqwatch -n '__rfqwatch_once "tail table report" --until' -l until -r -f -k -a '-10m -1h -1d' -d 'Up to when'
complete -c rfqwatch -n '__rfqwatch_awaits --until' -f -k -a '-10m -1h -1d'
complete -c rfqwatch -n '__rfqwatch_once "tail table report" --lenient' -l lenient -d 'Skip lines that can\'t be read, with a gap for them'
complete -c rfqwatch -n '__rfqwatch_again "tail table" --from' -l from -r -F -d 'Replay recordings'
complete -c rfqwatch -n '__rfqwatch_once "tail table" --speed' -l speed -r -f -k -a '0\\t"at once" 1\\t"by the recorded times" 10\\t"ten times as fast"' -d 'How fast'
complete -c rfqwatch -n '__rfqwatch_again "tail table record" --rotate' -l rotate -r -f -k -a '10min 1h 1d 256MiB 1GiB' -d 'Begin another file at each such time by the clock'
complete -c rfqwatch -n '__rfqwatch_again "tail table record" --keep' -l keep -r -f -k -a '1d 7d 30d 10GiB 50GiB' -d 'Remove the oldest whole files once they are older'
complete -c rfqwatch -n '__rfqwatch_once "tail table" --record' -l record -r -f -k -a '(__fish_complete_directories (__rfqwatch_typed))' -d 'Keep what is watched in files of this directory'
complete -c rfqwatch -n '__rfqwatch_once "tail" -o --output' -s o -l output -r -f -k -a 'jsonl raw text' -d 'JSON lines, the exchange\'s bytes alone, or text to read'
complete -c rfqwatch -n '__rfqwatch_once "tail" --buffer' -l buffer -r -f -k -a '16MiB 64MiB 256MiB 1GiB' -d 'Memory for lines that nobody reads yet'
complete -c rfqwatch -n '__rfqwatch_once "tail table record report check simulate config" --profile' -l profile -r -f -k -a '(__rfqwatch_profiles)' -d 'Take options from [profile.NAME] of the configuration file'
complete -c rfqwatch -n '__rfqwatch_once "table" --sort' -l sort -r -f -k -a 'newest oldest largest quotes deadline' -d 'The first order'
complete -c rfqwatch -n '__rfqwatch_once "table" --group' -l group -r -f -k -a 'event leg market creator batch' -d 'What to count by at first'
complete -c rfqwatch -n '__rfqwatch_once "table" --columns' -l columns -r -f -k -a '(__rfqwatch_list age size part legs what yes-bid no-bid spread quotes state who id lag created event collection)' -d 'Show these columns, in this order'
complete -c rfqwatch -n '__rfqwatch_once "table" --max-age' -l max-age -r -f -k -a '10m 30m 2h 1d' -d 'From which age an open RFQ counts as stale'
complete -c rfqwatch -n '__rfqwatch_once "table" --fps' -l fps -r -f -d 'Pictures a second, at most'
complete -c rfqwatch -n '__rfqwatch_once "table" --bell' -l bell -d 'Ring when a quote that you may see is accepted'
complete -c rfqwatch -n '__rfqwatch_once "table" --once' -l once -d 'Print one plain picture at the end of --duration'
complete -c rfqwatch -n '__rfqwatch_once "table" --svg' -l svg -r -F -d 'Save the last picture as SVG'
complete -c rfqwatch -n '__rfqwatch_once "table" --color' -l color -r -f -k -a 'auto always never' -d 'Colours on the terminal'
complete -c rfqwatch -n '__rfqwatch_once "report" -o --output' -s o -l output -r -f -k -a 'text json' -d 'Tables to read, or one JSON object for machines'
complete -c rfqwatch -n '__rfqwatch_once "report" --top' -l top -r -f -d 'How many rows lists have'
complete -c rfqwatch -n '__rfqwatch_once "check" --json' -l json -d 'One JSON object at the end, for other programs'
complete -c rfqwatch -n '__rfqwatch_once "simulate" --port' -l port -r -f -d 'Port on 127.0.0.1'
complete -c rfqwatch -n '__rfqwatch_once "config" -o --output' -s o -l output -r -f -k -a 'text json' -d 'A table to read, or one JSON object for machines'
complete -c rfqwatch -n '__rfqwatch_at record 0' -f -k -a '(__fish_complete_directories (__rfqwatch_typed))'
complete -c rfqwatch -n '__rfqwatch_at report' -F
complete -c rfqwatch -n '__rfqwatch_at config 0' -f -k -a 'tail table record report check simulate'
complete -c rfqwatch -n '__rfqwatch_at config' -f
