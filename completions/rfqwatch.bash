# rfqwatch in bash. Made from the declared options by: python -m rfqwatch.reference

_rfqwatch() {
    local IFS=$' \t\n' typed=$2 line=$COMP_LINE words=() word last index each
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        # Of a word that the cursor is in front of, nothing is typed yet.
        if ((index == COMP_CWORD)) && [[ ! $typed && $word != *[=:@] ]]; then word=''; fi
        if ((index == 0)) || [[ $line == [[:space:]]* ]]; then words+=(''); fi
        last=$((${#words[@]} - 1))
        words[last]+=$word
        line=${line#"${line%%[![:space:]]*}"}
        line=${line#"${COMP_WORDS[index]}"}
    done
    word=${words[last]}
    word=${word%"$typed"*}$typed
    word=${word#[\"\']}
    word=${word/=[\"\']/=}

    local command=rfqwatch declared=() given=' ' awaited='' literal='' arguments=0
    _rfqwatch_declared "$command"
    for each in "${words[@]:1:last-1}"; do
        if [[ $awaited ]]; then
            awaited=''
        elif [[ $literal || $each != -?* ]]; then
            if [[ $command == rfqwatch ]]; then
                command=$each given=' '
                _rfqwatch_declared "$command"
            else
                arguments=$((arguments + 1))
            fi
        elif [[ $each == -- ]]; then
            literal=yes
        elif [[ $each == --* ]]; then
            _rfqwatch_take "${each%%=*}"
            if [[ $each == *=* ]]; then awaited=''; fi
        else
            while [[ $each == -?* && ! $awaited ]]; do
                _rfqwatch_take "${each:0:2}"
                each=-${each:2}
            done
            if [[ $each == -?* ]]; then awaited=''; fi
        fi
    done

    local kind='' offered=() before=''
    if [[ $awaited ]]; then
        _rfqwatch_offered "$command $awaited"
    elif [[ ! $literal && $word == --*=* ]]; then
        before=${word%%=*}=
        _rfqwatch_take "${word%%=*}"
        _rfqwatch_offered "$command $awaited"
    else
        if [[ $literal || $word != -* ]]; then _rfqwatch_offered "$command $arguments"; fi
        if [[ ! $literal && ! $kind && ${#offered[@]} == 0 ]]; then _rfqwatch_offer_options; fi
    fi
    _rfqwatch_reply
}

# Takes note of an option that is given by this name, and whether a value is awaited.
_rfqwatch_take() {
    local each names
    awaited=''
    for each in "${declared[@]}"; do
        names=${each%%|*}
        if [[ " $names " == *" $1 "* ]]; then
            given+="${names##* } "
            if [[ $each != "$names||"* ]]; then awaited=${names##* }; fi
        fi
    done
}

# Offers the options that may still be given, by their long names until "-" is typed.
_rfqwatch_offer_options() {
    local each names name
    for each in "${declared[@]}"; do
        names=${each%%|*}
        if [[ $given == *" ${names##* } "* && $each != "$names|*|"* ]]; then continue; fi
        for name in $names; do
            if [[ $word || $name == --* ]]; then offered+=("$name|${each#*|*|}"); fi
        done
    done
}

# Replies with what begins as the word does.
_rfqwatch_reply() {
    local each name longest=0 shown=() meanings=() kept=${word%"$typed"}
    if [[ $kind == listed ]]; then
        each=${word#"$before"}
        if [[ $each == *,* ]]; then before+=${each%,*},; fi
        compopt -o nospace 2>/dev/null
    fi
    for each in "${offered[@]}"; do
        name=${each%%|*}
        if [[ $before$name == "$word"* && ",${before#*=}" != *",$name,"* ]]; then
            shown+=("$name")
            meanings+=("${each#*|}")
            each=$before$name
            COMPREPLY+=("${each#"$kept"}")
            if ((${#name} > longest)); then longest=${#name}; fi
        fi
    done
    compopt -o nosort 2>/dev/null
    if [[ $COMP_TYPE == 63 ]] && ((${#shown[@]} > 1)); then
        # They are only listed, so there is room for what they mean.
        for ((index = 0; index < ${#shown[@]}; index++)); do
            if [[ ! ${meanings[index]} ]]; then continue; fi
            printf -v each "%-${longest}s  %s" "${shown[index]}" "${meanings[index]}"
            COMPREPLY[index]=${each:0:${COLUMNS:-80}-1}
        done
    fi
    # bash itself knows how names are quoted, but before 4 can't be asked from here.
    local IFS=$'\n'
    each=${word#"$before"}
    case $kind in
        files) compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$each")) ;;
        directories) compopt -o dirnames 2>/dev/null || COMPREPLY=($(compgen -d -- "$each")) ;;
    esac
}

# The options of a command: names, "=" where a value follows and "*" where also again, in short.
_rfqwatch_declared() {
    case $1 in
        rfqwatch) declared=(
            '-V --version||Print the version'
            '-h --help||Show this message and exit'
        ) ;;
        tail) declared=(
            '--env|=|Where to connect'
            '--url|=|Any other endpoint'
            '--key-id|=|API key id'
            '--key-file|=|Private key in PEM, RSA or Ed25519'
            '--key-command|=|Take the private key from what a command prints'
            '--max-retries|=|Give up after so many attempts in a row'
            '--no-reconnect||End when the connection is lost'
            '--idle-timeout|=|Reconnect when nothing at all is heard for so long'
            '--quiet-timeout|=|Doubt the subscription when no message came for so long'
            '--shard|=|Watch a part of the channel'
            '--mine||Your own RFQs only'
            '--type|*|Messages of this type, or of a pattern'
            '--market|*|RFQs whose market, or a leg'\''s, fits'
            '--event|*|RFQs whose event, or a leg'\''s, fits'
            '--collection|*|Combos whose collection fits'
            '--combo --no-combo||Combos only, or none'
            '--legs|*|RFQs of so many legs'
            '--min-cost|=|RFQs of so many dollars or more'
            '--max-cost|=|RFQs of so many dollars or less'
            '--min-contracts|=|RFQs of so many contracts or more'
            '--creator|*|RFQs of creators whose id begins so'
            '-i --include|*|Lines in which this is found, and what belongs to their RFQs'
            '-e --exclude|*|No lines in which this is found'
            '--known||Of deletions and quotes only those whose RFQ was seen'
            '-n --count|=|End after so many events, of those selected'
            '--duration|=|End after so long'
            '--fail-on-gap||Exit with 7 at the end if anything was missed'
            '-v --verbose||Say what the connection does, each step of it'
            '-q --quiet||Say nothing but errors'
            '--sim-rate|=|Frames a second'
            '--sim-seed|=|Repeat the traffic and faults of this number'
            '--sim-fault|=|Faults, now and then or at a data frame'
            '--since|=|From when on to show'
            '--until|=|Up to when'
            '--lenient||Skip lines that can'\''t be read, with a gap for them'
            '--from|*|Replay recordings'
            '--speed|=|How fast'
            '--rotate|*|Begin another file at each such time by the clock'
            '--keep|*|Remove the oldest whole files once they are older'
            '--record|=|Keep what is watched in files of this directory'
            '-o --output|=|JSON lines, the exchange'\''s bytes alone, or text to read'
            '--buffer|=|Memory for lines that nobody reads yet'
            '--profile|=|Take options from [profile.NAME] of the configuration file'
            '-h --help||Show this message and exit'
        ) ;;
        table) declared=(
            '--env|=|Where to connect'
            '--url|=|Any other endpoint'
            '--key-id|=|API key id'
            '--key-file|=|Private key in PEM, RSA or Ed25519'
            '--key-command|=|Take the private key from what a command prints'
            '--max-retries|=|Give up after so many attempts in a row'
            '--no-reconnect||End when the connection is lost'
            '--idle-timeout|=|Reconnect when nothing at all is heard for so long'
            '--quiet-timeout|=|Doubt the subscription when no message came for so long'
            '--shard|=|Watch a part of the channel'
            '--mine||Your own RFQs only'
            '--type|*|Messages of this type, or of a pattern'
            '--market|*|RFQs whose market, or a leg'\''s, fits'
            '--event|*|RFQs whose event, or a leg'\''s, fits'
            '--collection|*|Combos whose collection fits'
            '--combo --no-combo||Combos only, or none'
            '--legs|*|RFQs of so many legs'
            '--min-cost|=|RFQs of so many dollars or more'
            '--max-cost|=|RFQs of so many dollars or less'
            '--min-contracts|=|RFQs of so many contracts or more'
            '--creator|*|RFQs of creators whose id begins so'
            '-i --include|*|Lines in which this is found, and what belongs to their RFQs'
            '-e --exclude|*|No lines in which this is found'
            '--known||Of deletions and quotes only those whose RFQ was seen'
            '-n --count|=|End after so many events, of those selected'
            '--duration|=|End after so long'
            '--fail-on-gap||Exit with 7 at the end if anything was missed'
            '-v --verbose||Say what the connection does, each step of it'
            '-q --quiet||Say nothing but errors'
            '--sim-rate|=|Frames a second'
            '--sim-seed|=|Repeat the traffic and faults of this number'
            '--sim-fault|=|Faults, now and then or at a data frame'
            '--since|=|From when on to show'
            '--until|=|Up to when'
            '--lenient||Skip lines that can'\''t be read, with a gap for them'
            '--from|*|Replay recordings'
            '--speed|=|How fast'
            '--rotate|*|Begin another file at each such time by the clock'
            '--keep|*|Remove the oldest whole files once they are older'
            '--record|=|Keep what is watched in files of this directory'
            '--sort|=|The first order'
            '--group|=|What to count by at first'
            '--columns|=|Show these columns, in this order'
            '--max-age|=|From which age an open RFQ counts as stale'
            '--fps|=|Pictures a second, at most'
            '--bell||Ring when a quote that you may see is accepted'
            '--once||Print one plain picture at the end of --duration'
            '--svg|=|Save the last picture as SVG'
            '--color|=|Colours on the terminal'
            '--profile|=|Take options from [profile.NAME] of the configuration file'
            '-h --help||Show this message and exit'
        ) ;;
        record) declared=(
            '--rotate|*|Begin another file at each such time by the clock'
            '--keep|*|Remove the oldest whole files once they are older'
            '--env|=|Where to connect'
            '--url|=|Any other endpoint'
            '--key-id|=|API key id'
            '--key-file|=|Private key in PEM, RSA or Ed25519'
            '--key-command|=|Take the private key from what a command prints'
            '--max-retries|=|Give up after so many attempts in a row'
            '--no-reconnect||End when the connection is lost'
            '--idle-timeout|=|Reconnect when nothing at all is heard for so long'
            '--quiet-timeout|=|Doubt the subscription when no message came for so long'
            '--shard|=|Watch a part of the channel'
            '--mine||Your own RFQs only'
            '--type|*|Messages of this type, or of a pattern'
            '--market|*|RFQs whose market, or a leg'\''s, fits'
            '--event|*|RFQs whose event, or a leg'\''s, fits'
            '--collection|*|Combos whose collection fits'
            '--combo --no-combo||Combos only, or none'
            '--legs|*|RFQs of so many legs'
            '--min-cost|=|RFQs of so many dollars or more'
            '--max-cost|=|RFQs of so many dollars or less'
            '--min-contracts|=|RFQs of so many contracts or more'
            '--creator|*|RFQs of creators whose id begins so'
            '-i --include|*|Lines in which this is found, and what belongs to their RFQs'
            '-e --exclude|*|No lines in which this is found'
            '--known||Of deletions and quotes only those whose RFQ was seen'
            '-n --count|=|End after so many events, of those selected'
            '--duration|=|End after so long'
            '--fail-on-gap||Exit with 7 at the end if anything was missed'
            '-v --verbose||Say what the connection does, each step of it'
            '-q --quiet||Say nothing but errors'
            '--sim-rate|=|Frames a second'
            '--sim-seed|=|Repeat the traffic and faults of this number'
            '--sim-fault|=|Faults, now and then or at a data frame'
            '--profile|=|Take options from [profile.NAME] of the configuration file'
            '-h --help||Show this message and exit'
        ) ;;
        report) declared=(
            '-o --output|=|Tables to read, or one JSON object for machines'
            '--top|=|How many rows lists have'
            '--type|*|Messages of this type, or of a pattern'
            '--market|*|RFQs whose market, or a leg'\''s, fits'
            '--event|*|RFQs whose event, or a leg'\''s, fits'
            '--collection|*|Combos whose collection fits'
            '--combo --no-combo||Combos only, or none'
            '--legs|*|RFQs of so many legs'
            '--min-cost|=|RFQs of so many dollars or more'
            '--max-cost|=|RFQs of so many dollars or less'
            '--min-contracts|=|RFQs of so many contracts or more'
            '--creator|*|RFQs of creators whose id begins so'
            '-i --include|*|Lines in which this is found, and what belongs to their RFQs'
            '-e --exclude|*|No lines in which this is found'
            '--known||Of deletions and quotes only those whose RFQ was seen'
            '--since|=|From when on to show'
            '--until|=|Up to when'
            '--lenient||Skip lines that can'\''t be read, with a gap for them'
            '-v --verbose||Say what the connection does, each step of it'
            '-q --quiet||Say nothing but errors'
            '--profile|=|Take options from [profile.NAME] of the configuration file'
            '-h --help||Show this message and exit'
        ) ;;
        check) declared=(
            '--env|=|Where to connect'
            '--url|=|Any other endpoint'
            '--key-id|=|API key id'
            '--key-file|=|Private key in PEM, RSA or Ed25519'
            '--key-command|=|Take the private key from what a command prints'
            '--shard|=|Watch a part of the channel'
            '--mine||Your own RFQs only'
            '--json||One JSON object at the end, for other programs'
            '-v --verbose||Say what the connection does, each step of it'
            '-q --quiet||Say nothing but errors'
            '--sim-rate|=|Frames a second'
            '--sim-seed|=|Repeat the traffic and faults of this number'
            '--sim-fault|=|Faults, now and then or at a data frame'
            '--profile|=|Take options from [profile.NAME] of the configuration file'
            '-h --help||Show this message and exit'
        ) ;;
        simulate) declared=(
            '--port|=|Port on 127.0.0.1'
            '--sim-rate|=|Frames a second'
            '--sim-seed|=|Repeat the traffic and faults of this number'
            '--sim-fault|=|Faults, now and then or at a data frame'
            '--profile|=|Take options from [profile.NAME] of the configuration file'
            '-h --help||Show this message and exit'
        ) ;;
        config) declared=(
            '-o --output|=|A table to read, or one JSON object for machines'
            '--profile|=|Take options from [profile.NAME] of the configuration file'
            '-h --help||Show this message and exit'
        ) ;;
        schema) declared=(
            '-h --help||Show this message and exit'
        ) ;;
        *) declared=() ;;
    esac
}

# What can be offered as the value of an option of a command, or as an argument.
_rfqwatch_offered() {
    case $1 in
        'rfqwatch 0')
            offered=(
                'tail|Print the exchange'\''s RFQ stream as JSON lines'
                'table|Show which RFQs are open now, and what was quoted on them'
                'record|Keep the exchange'\''s RFQ stream in files of a directory'
                'report|Sum up recordings'
                'check|Check the way to the exchange'
                'simulate|Serve a simulated exchange to other programs'
                'config|Print the settings that are in effect, and what gave each'
                'schema|Print the JSON Schema of the lines that tail prints'
            )
            ;;
        'tail --env' | 'table --env' | 'record --env' | 'check --env')
            offered=(
                'prod|'
                'demo|'
                'sim|'
            )
            ;;
        'tail --key-file' | 'table --key-file' | 'table --svg' | 'record --key-file' | 'check --key-file')
            kind=files
            ;;
        'tail --idle-timeout' | 'table --idle-timeout' | 'record --idle-timeout')
            offered=(
                '10s|'
                '30s|'
                '1m|'
            )
            ;;
        'tail --quiet-timeout' | 'table --quiet-timeout' | 'record --quiet-timeout')
            offered=(
                '30s|'
                '60s|'
                '5m|'
            )
            ;;
        'tail --shard' | 'table --shard' | 'record --shard' | 'check --shard')
            offered=(
                '0/2|one half of the markets'
                '1/2|the other half'
                'all/2|all of them, over two connections'
                '0/4|the first quarter'
                '1/4|the second quarter'
                '2/4|the third quarter'
                '3/4|the last quarter'
                '0,1/4|two quarters, over two connections'
                'all/4|all of them, over four connections'
            )
            ;;
        'tail --type' | 'table --type' | 'record --type' | 'report --type')
            offered=(
                'batch_quote_accepted|'
                'batch_quote_created|'
                'batch_quote_executed|'
                'quote_accepted|'
                'quote_created|'
                'quote_executed|'
                'rfq_batch_best_quotes|'
                'rfq_batch_created|'
                'rfq_batch_deleted|'
                'rfq_batch_executed|'
                'rfq_created|'
                'rfq_deleted|'
            )
            ;;
        'tail --legs' | 'table --legs' | 'record --legs' | 'report --legs')
            offered=(
                '2|two'
                '2..5|two to five'
                '3..|three or more'
                '..4|four or fewer'
            )
            ;;
        'tail --duration' | 'table --duration' | 'record --duration')
            offered=(
                '10s|'
                '30s|'
                '5m|'
                '1h|'
            )
            ;;
        'tail --sim-fault' | 'table --sim-fault' | 'record --sim-fault' | 'check --sim-fault' | 'simulate --sim-fault')
            kind=listed
            offered=(
                'reset|the connection is reset (TCP RST)'
                'drop|the connection ends without a close frame (1006)'
                'close-1001|closed: going away'
                'close-1011|closed: internal error'
                'close-1012|closed: service restart'
                'close-1013|closed: try again later'
                'half-open|the connection falls silent: no data, pings or close'
                'overflow|error 25 ends the subscription, not the connection'
                'channel-error|error 10 ends the subscription, not the connection'
                'odd-error|an error of another shape each time ends the subscription'
                'deaf|the subscription ends without a word, while pings go on'
                'no-list|from then on list_subscriptions is unknown (error 5)'
                'late-frames|error 10, then the old sid'\''s frames after the new ack'
                'seq-hole|1 to 5 frames are lost, their numbers with them'
                'no-seq|frames carry no seq from then on'
                'odd-seq|a frame with a seq of another type each time'
                'repeat|a frame is sent twice with the same seq'
                'backward|a frame is sent again with an older seq'
                'malformed|a hostile frame, of another kind each time'
                'drift|fields are renamed or retyped, in another way each time'
                'unknown-type|a frame of a type nobody knows'
                'too-big|a frame of 10 MB'
                'fragments|a message split over many WebSocket frames'
                'bomb|a small compressed frame that inflates to 32 MiB'
                'expired|the clock jumps: the next handshake is 401 (expired)'
                'http-408|the next handshake is refused: 408'
                'http-429|the next handshake is refused: 429'
                'http-503|the next handshake is refused: 503 with an HTML body'
                'maintenance|closed up to the next handshake, which is a 503'
                'slow-ack|the next subscribe is acknowledged late'
                'no-ack|the next subscribe is never acknowledged'
                'timeout-18|the next subscribe fails: error 18, command timeout'
                'busy-27|the next subscribe fails: error 27, too many requests'
            )
            ;;
        'tail --since' | 'tail --until' | 'table --since' | 'table --until' | 'report --since' | 'report --until')
            offered=(
                '-10m|'
                '-1h|'
                '-1d|'
            )
            ;;
        'tail --from' | 'table --from')
            kind=files
            ;;
        'tail --speed' | 'table --speed')
            offered=(
                '0|at once'
                '1|by the recorded times'
                '10|ten times as fast'
            )
            ;;
        'tail --rotate' | 'table --rotate' | 'record --rotate')
            offered=(
                '10min|'
                '1h|'
                '1d|'
                '256MiB|'
                '1GiB|'
            )
            ;;
        'tail --keep' | 'table --keep' | 'record --keep')
            offered=(
                '1d|'
                '7d|'
                '30d|'
                '10GiB|'
                '50GiB|'
            )
            ;;
        'tail --record' | 'table --record' | 'record '0)
            kind=directories
            ;;
        'tail --output')
            offered=(
                'jsonl|'
                'raw|'
                'text|'
            )
            ;;
        'tail --buffer')
            offered=(
                '16MiB|'
                '64MiB|'
                '256MiB|'
                '1GiB|'
            )
            ;;
        'tail --profile' | 'table --profile' | 'record --profile' | 'report --profile' | 'check --profile' | 'simulate --profile' | 'config --profile')
            offered=($(sed -n 's/^ *\[ *profile *\. *"\{0,1\}\([A-Za-z0-9_-]\{1,\}\)"\{0,1\} *\].*/\1|/p' "${XDG_CONFIG_HOME:-$HOME/.config}/rfqwatch/config.toml" 2>/dev/null))
            ;;
        'table --sort')
            offered=(
                'newest|'
                'oldest|'
                'largest|'
                'quotes|'
                'deadline|'
            )
            ;;
        'table --group')
            offered=(
                'event|'
                'leg|'
                'market|'
                'creator|'
                'batch|'
            )
            ;;
        'table --columns')
            kind=listed
            offered=(
                'age|'
                'size|'
                'part|'
                'legs|'
                'what|'
                'yes-bid|'
                'no-bid|'
                'spread|'
                'quotes|'
                'state|'
                'who|'
                'id|'
                'lag|'
                'created|'
                'event|'
                'collection|'
            )
            ;;
        'table --max-age')
            offered=(
                '10m|'
                '30m|'
                '2h|'
                '1d|'
            )
            ;;
        'table --color')
            offered=(
                'auto|'
                'always|'
                'never|'
            )
            ;;
        'report --output' | 'config --output')
            offered=(
                'text|'
                'json|'
            )
            ;;
        'report '[0-9]*)
            kind=files
            ;;
        'config '0)
            offered=(
                'tail|'
                'table|'
                'record|'
                'report|'
                'check|'
                'simulate|'
            )
            ;;
    esac
}

complete -F _rfqwatch rfqwatch
