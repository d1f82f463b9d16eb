; What electron-builder's own NSIS script gives to build/windows/installer.nsh, as small as it can be, so that the include
; can be compiled and run here without electron-builder's plugins. -DOUT=file [-DBUILD_UNINSTALLER]
Target amd64-unicode
Unicode true
Name "HPKI Agent"
OutFile "${OUT}"
RequestExecutionLevel user
!include LogicLib.nsh
!include FileFunc.nsh

Var installMode

!macro _isUpdated _a _b _t _f
  ${GetParameters} $R8
  ClearErrors
  ${GetOptions} $R8 "--updated" $R9
  IfErrors `${_f}` `${_t}`
!macroend
!define isUpdated `"" isUpdated ""`

!include "${INCLUDE}"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\Japanese.nlf"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\English.nlf"
!ifmacrodef customHeader
  !insertmacro customHeader
!endif

Function .onInit
  SetRegView 64
  ${GetParameters} $R0
  ${GetOptions} $R0 "/allusers" $R1
  ${ifNot} ${Errors}
    StrCpy $installMode all
    SetShellVarContext all
    StrCpy $INSTDIR "$PROGRAMFILES64\HPKIAgent"
  ${else}
    StrCpy $installMode CurrentUser
    SetShellVarContext current
    StrCpy $INSTDIR "$LOCALAPPDATA\Programs\HPKIAgent"
  ${endIf}
FunctionEnd

Section
  !ifdef BUILD_UNINSTALLER
    !insertmacro customUnInstall
    SetOutPath $TEMP
    RMDir /r $INSTDIR
  !else
    SetOutPath $INSTDIR\resources
    File "${TASK}"
    !insertmacro customInstall
  !endif
SectionEnd
