; The URL scheme by which an EHR can start the agent; it goes with the program. Start at logon is the program's own
; (launch-at-login.ts), which policy decides.
!macro customInstall
  WriteRegStr SHCTX "Software\Classes\hpki-agent" "" "URL:HPKI Agent"
  WriteRegStr SHCTX "Software\Classes\hpki-agent" "URL Protocol" ""
  WriteRegStr SHCTX "Software\Classes\hpki-agent\shell\open\command" "" '"$INSTDIR\HPKIAgent.exe" "%1"'
!macroend

!macro customUnInstall
  DeleteRegKey SHCTX "Software\Classes\hpki-agent"
  Delete "$LOCALAPPDATA\HpkiAgent\port.json"
!macroend
