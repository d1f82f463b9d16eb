; What the installer adds to electron-builder's own: the URL scheme by which an EHR can start the agent, the start at
; logon with a restart after a failure, and the end of both. test/integration/windows-installer.test.ts runs it.

!define HPKI_TASK "HPKI Agent"
!define HPKI_RUN "Software\Microsoft\Windows\CurrentVersion\Run"

!ifdef BUILD_UNINSTALLER
  ; After the languages have been loaded.
  !macro customHeader
    LangString askAboutRecords ${LANG_JAPANESE} "このPCに残っている署名の記録（監査ログ）と設定も削除しますか？$\r$\n$\r$\n記録は診療録などと同じ期間の保存が必要です。ふつうは「いいえ」を選びます。"
    LangString askAboutRecords ${LANG_ENGLISH} "Also delete this user's signing records (audit log) and settings?$\r$\n$\r$\nRecords must be kept as long as the medical records. Choose No unless you are sure."
  !macroend
!endif

; The web page's address is not handed over: there is no %1. Whatever stands in a link, this is what starts.
!macro customInstall
  WriteRegStr SHCTX "Software\Classes\hpki-agent" "" "URL:HPKI Agent"
  WriteRegStr SHCTX "Software\Classes\hpki-agent" "URL Protocol" ""
  WriteRegStr SHCTX "Software\Classes\hpki-agent\shell\open\command" "" '"$INSTDIR\HPKIAgent.exe" hpki-agent:'

  ; For all users: a task that names the standard folder. For one user, or in another folder: the Run key, which cannot
  ; restart anything. Policy (desktop.startAtLogin) is read by the program when it is started with --at-login.
  StrCpy $0 "none"
  ${if} $installMode == "all"
  ${andIf} $INSTDIR == "$PROGRAMFILES64\HPKIAgent"
    nsExec::ExecToLog '"$SYSDIR\schtasks.exe" /Create /TN "${HPKI_TASK}" /XML "$INSTDIR\resources\start-at-logon.xml" /F'
    Pop $0
  ${endIf}
  ${if} $0 == "0"
    DeleteRegValue SHCTX "${HPKI_RUN}" "${HPKI_TASK}"
    ; For whoever is logged on: an update has just ended their agents.
    nsExec::ExecToLog '"$SYSDIR\schtasks.exe" /Run /TN "${HPKI_TASK}"'
    Pop $0
  ${else}
    WriteRegStr SHCTX "${HPKI_RUN}" "${HPKI_TASK}" '"$INSTDIR\HPKIAgent.exe" --at-login'
  ${endIf}
!macroend

!macro customUnInstall
  DeleteRegKey SHCTX "Software\Classes\hpki-agent"
  DeleteRegValue SHCTX "${HPKI_RUN}" "${HPKI_TASK}"
  ${if} $installMode == "all"
    nsExec::ExecToLog '"$SYSDIR\schtasks.exe" /Delete /TN "${HPKI_TASK}" /F'
    Pop $0
  ${endIf}

  ; With the context of all users $LOCALAPPDATA is C:\ProgramData.
  SetShellVarContext current
  Delete "$LOCALAPPDATA\HpkiAgent\port.json"
  ; An update runs the old uninstaller too, and must ask nothing. Silent: kept, unless --delete-app-data says otherwise.
  ${ifNot} ${isUpdated}
    StrCpy $0 "keep"
    ClearErrors
    ${GetParameters} $1
    ${GetOptions} $1 "--delete-app-data" $2
    ${ifNot} ${Errors}
      StrCpy $0 "delete"
    ${elseIf} ${Cmd} `MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "$(askAboutRecords)" /SD IDNO IDYES`
      StrCpy $0 "delete"
    ${endIf}
    ${if} $0 == "delete"
      RMDir /r "$LOCALAPPDATA\HpkiAgent"
      RMDir /r "$APPDATA\hpki-agent"
    ${endIf}
  ${endIf}
  ${if} $installMode == "all"
    SetShellVarContext all
  ${endIf}
!macroend
