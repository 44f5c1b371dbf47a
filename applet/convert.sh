#!/usr/bin/env bash
# From class files to the CAP files of the two applets, with the vendor's Java Card development kit (tools), which is licensed and not a part of
# this repository. Checks versions first; prints the size of each CAP file and what the vendor's verifier says of it.
set -eu

usage() {
  cat <<TEXT
Usage: applet/convert.sh KIT EXPORTS [TARGET]

  KIT      folder of the vendor's development kit (tools): has bin/converter.sh or lib/tools.jar, and api_export_files*
  EXPORTS  folder with the export file of org.globalplatform of the card's version (org/globalplatform/javacard/globalplatform.exp)
  TARGET   version of the platform of the card: 3.0.4 (default) or 3.0.5. A card of 3.0.4 refuses a CAP file for 3.0.5.

Writes chequecard.cap (the card application) and boltcard.cap (the Bolt Card application, for cards that have both) to
applet/card/target/cap-TARGET. Loading them: docs/cards.md.
TEXT
}

fail() {
  echo "convert.sh: $1" >&2
  exit 2
}

[ "${1:-}" = "--help" ] && { usage; exit 0; }
[ $# -ge 2 ] && [ $# -le 3 ] || { usage >&2; exit 2; }
kit=$1
exports=$2
target=${3:-3.0.4}
here=$(cd "$(dirname "$0")" && pwd)
classes=$here/card/target/classes
out=$here/card/target/cap-$target

case "$target" in
  3.0.4|3.0.5) ;;
  *) fail "TARGET: need 3.0.4 or 3.0.5, have $target" ;;
esac
[ -d "$kit" ] || fail "KIT: $kit is not a folder"
[ -f "$kit/lib/tools.jar" ] || [ -f "$kit/bin/converter.sh" ] ||
  fail "KIT: $kit has neither lib/tools.jar nor bin/converter.sh; give the folder of the development kit's tools"
[ -n "$(find "$exports" -name globalplatform.exp -print -quit 2>/dev/null)" ] ||
  fail "EXPORTS: no globalplatform.exp below $exports; get GlobalPlatform's export files of the card's version"
[ -f "$classes/chequecard/applet/ChequecardApplet.class" ] && [ -f "$classes/chequecard/bolt/BoltCardApplet.class" ] ||
  fail "the applets are not compiled; run: mvn -f applet compile"

command -v java >/dev/null || fail "java was not found; the kit needs Java 8 to 17"
java=$(java -version 2>&1 | sed -nE 's/.*version "(1\.)?([0-9]+).*/\2/p' | head -n 1)
{ [ -n "$java" ] && [ "$java" -ge 8 ] && [ "$java" -le 17 ]; } || fail "the kit needs Java 8 to 17, this is ${java:-unknown}"

# Bytes 6 and 7 of a class file are its version: 51 is Java 7, the newest that the converters of these targets read.
while IFS= read -r class; do
  version=$(od -An -j7 -N1 -tu1 "$class" | tr -d ' ')
  [ "$version" = 51 ] || fail "$(basename "$class") is of version $version, need 51 (Java 7); run: mvn -f applet clean compile"
done < <(find "$classes" -name '*.class')

platform=
for folder in "$kit/api_export_files_$target" "$kit/api_export_files"; do
  [ -d "$folder" ] && { platform=$folder; break; }
done
[ -n "$platform" ] || fail "KIT: no api_export_files_$target; kits 3.1 and newer have those of several targets"

tool() {
  if [ -f "$kit/lib/tools.jar" ]; then
    java -Djc.home="$kit" -cp "$kit/lib/*" "com.sun.javacard.$1" "${@:3}"
  else
    "$kit/bin/$2.sh" "${@:3}"
  fi
}

# A kit that is older than its class files says something that helps nobody.
kitVersion=$(tool converter.Main converter -version 2>&1 | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1 || true)
case "$kitVersion" in
  '') echo "Kit:       its converter does not tell its version; 3.1 or newer is needed" ;;
  [012].* | 3.0*) fail "KIT: its converter is version $kitVersion, need 3.1 or newer: older ones do not read Java 7 class files" ;;
  *) echo "Kit:       version $kitVersion" ;;
esac

# What is not verified never has the name of a CAP file that is.
work=$out.unverified
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
rm -rf "$out" "$work"
mapfile -t needed < <(find "$platform" "$exports" -name '*.exp')

# A package is a CAP file by itself: NAME PACKAGE CLASS AID-OF-PACKAGE.
make() {
  local folder=$work/$1 cap=$work/$1.cap made said verified
  mkdir -p "$folder"
  tool converter.Main converter -classdir "$classes" -exportpath "$platform:$exports" -target "$target" \
    -applet "$4:0x01" "$2.$3" -out CAP EXP -d "$folder" "$2" "$4" 1.0 ||
    fail "the converter refused the applet (exit $?); its words are above"
  made=$(find "$folder" -name '*.cap' -size +0 -print -quit)
  [ -n "$made" ] || fail "the converter wrote no CAP file, or an empty one"
  mv "$made" "$cap"
  said=$(tool offcardverifier.Verifier verifycap "${needed[@]}" "$cap" 2>&1) && verified=0 || verified=$?
  echo "Verifier:  ${said:-said nothing} (exit $verified)"
  [ "$verified" = 0 ] || fail "the verifier refused the CAP file; it was removed, do not load it"
  case "$said" in
    *"0 errors"*) ;;
    *[1-9]" error"*) fail "the verifier found errors; the CAP file was removed, do not load it" ;;
    '') fail "the verifier said nothing; the CAP file was removed" ;;
  esac
}

make chequecard chequecard.applet ChequecardApplet 0xf0:0x43:0x48:0x45:0x51:0x55:0x45
make boltcard chequecard.bolt BoltCardApplet 0xf0:0x43:0x48:0x45:0x51:0x55:0x42

mv "$work" "$out"
for name in chequecard boltcard; do
  echo "CAP file:  $out/$name.cap, $(wc -c <"$out/$name.cap" | tr -d ' ') bytes, for Java Card $target"
done
echo "Load them: docs/cards.md. Please add what you see to its table."
